"""A file is opened with the desktop's viewer if there is one, and only if it looks like an image."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from iqa_tui.processes.viewer import open_with_viewer, why_not_opened


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desktop whose xdg-open writes down what it was asked to open."""
    log, command = tmp_path / "opened", tmp_path / "bin" / "xdg-open"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\necho "$@" >{log}.part && mv {log}.part {log}\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}:/usr/bin:/bin")
    monkeypatch.setenv("DISPLAY", ":0")
    return log


def test_the_viewer_gets_the_path(desktop: Path) -> None:
    assert open_with_viewer(Path("/data/a picture.JPG")) == ""
    until = time.monotonic() + 20
    while not desktop.exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert desktop.read_text() == "/data/a picture.JPG\n"


@pytest.mark.parametrize("name", ["x.desktop", "x.html", "x.jpg.sh", "x"])
def test_what_is_not_named_like_an_image_is_not_opened(desktop: Path, name: str) -> None:
    assert "Only files whose name ends as an image's does are opened" in open_with_viewer(Path("/data") / name)
    time.sleep(0.05)
    assert not desktop.exists()


def test_without_a_display_it_says_so(desktop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert "There is no desktop here" in why_not_opened(Path("/data/a.jpg"))
    assert open_with_viewer(Path("/data/a.jpg")) == why_not_opened(Path("/data/a.jpg"))


def test_a_viewer_that_cannot_be_started_is_said(desktop: Path) -> None:
    command = desktop.parent / "bin" / "xdg-open"
    command.write_bytes(b"\x7fELF no program")
    assert "cannot be started" in open_with_viewer(Path("/data/a.jpg"))
