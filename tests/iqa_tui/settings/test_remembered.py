"""What is remembered of a folder of runs: it comes back in the next app, and no file can keep that from opening."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.monitor.view import MonitorView
from iqa_tui.settings import remembered
from iqa_tui.settings.remembered import LARGEST_BYTES, Remembered, view_file

VIEW = MonitorView(filter="x", marked=("a", "b"), folded=True)


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IQA_TUI_STATE", str(tmp_path / "state"))


def test_the_next_app_looks_as_the_last_one_did(tmp_path: Path) -> None:
    memory = Remembered(tmp_path)
    assert memory.recall("monitor", MonitorView()) == MonitorView()
    memory.remember("monitor", VIEW, leave=("filter",))
    memory.remember("screen", "results")
    assert memory.has_changed
    memory.save()
    assert not memory.has_changed
    again = Remembered(tmp_path)
    assert again.recall("monitor", MonitorView()) == MonitorView(marked=("a", "b"), folded=True)
    assert again.recall("screen", "monitor") == "results"
    assert view_file(tmp_path).stat().st_mode & 0o777 == 0o600
    other = tmp_path / "other"
    assert Remembered(other).recall("screen", "monitor") == "monitor"


def test_the_same_value_again_is_no_change(tmp_path: Path) -> None:
    memory = Remembered(tmp_path)
    memory.remember("monitor", VIEW)
    memory.save()
    memory.remember("monitor", MonitorView(filter="x", marked=("a", "b"), folded=True))
    assert not memory.has_changed


def test_of_two_apps_the_last_writer_counts(tmp_path: Path) -> None:
    one, other = Remembered(tmp_path), Remembered(tmp_path)
    one.remember("screen", "launch")
    other.remember("screen", "results")
    one.save()
    other.save()
    assert Remembered(tmp_path).recall("screen", "") == "results"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"version": 2, "values": {"screen": "results"}}',
        b'{"version": 1, "values": []}',
        b'{"version": 1, "values": {"screen": 7}}',
        b"[" * 100_000,
        b" " * (LARGEST_BYTES + 1),
    ],
)
def test_a_damaged_file_or_one_of_another_version_is_as_none(tmp_path: Path, content: bytes) -> None:
    memory = Remembered(tmp_path)
    memory.remember("screen", "results")
    memory.save()
    view_file(tmp_path).write_bytes(content)
    assert Remembered(tmp_path).recall("screen", "monitor") == "monitor"


def test_something_else_in_its_place_is_as_none(tmp_path: Path) -> None:
    memory = Remembered(tmp_path)
    memory.remember("screen", "results")
    memory.save()
    view_file(tmp_path).unlink()
    os.mkfifo(view_file(tmp_path))
    assert Remembered(tmp_path).recall("screen", "monitor") == "monitor"


def test_nothing_is_raised_if_it_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("IQA_TUI_STATE", str(tmp_path / "file"))
    memory = Remembered(tmp_path)
    memory.remember("screen", "results")
    memory.save()
    assert Remembered(tmp_path).recall("screen", "monitor") == "monitor"


def test_what_is_too_large_is_not_written(tmp_path: Path) -> None:
    memory = Remembered(tmp_path)
    memory.remember("monitor", MonitorView(marked=tuple(f"{number:0100}" for number in range(4000))))
    memory.save()
    assert not view_file(tmp_path).exists()


def test_the_folders_that_were_looked_at_longest_ago_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "MOST_FOLDERS", 3)
    folders = [tmp_path / str(number) for number in range(5)]
    for age, folder in enumerate(folders):
        memory = Remembered(folder)
        memory.remember("screen", "results")
        memory.save()
        os.utime(view_file(folder), (1e9 + age, 1e9 + age))
    assert [view_file(folder).exists() for folder in folders] == [False, False, True, True, True]


def test_without_a_folder_nothing_is_kept() -> None:
    memory: Any = Remembered(None)
    memory.remember("screen", "results")
    assert memory.recall("screen", "monitor") == "results"
    assert not memory.has_changed
    memory.save()


def test_the_file_says_of_which_folder_it_is(tmp_path: Path) -> None:
    memory = Remembered(tmp_path)
    memory.remember("screen", "results")
    memory.save()
    assert json.loads(view_file(tmp_path).read_text())["folder"] == str(tmp_path.resolve())
