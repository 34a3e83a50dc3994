"""Whether a disk is full."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from iqa_tui.processes.full_disk import FULL_BYTES, is_disk_full


@pytest.mark.parametrize(("blocks", "is_full"), [(0, True), (255, True), (256, False), (1 << 30, False)])
def test_a_disk_with_less_than_a_mebibyte_for_its_users_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blocks: int, is_full: bool
) -> None:
    assert FULL_BYTES == 256 * 4096
    disk = SimpleNamespace(f_bavail=blocks, f_bfree=1 << 40, f_frsize=4096)  # f_bfree: root's reserve too
    monkeypatch.setattr(os, "statvfs", lambda path: disk)
    assert is_disk_full(tmp_path) == is_full


def test_a_disk_that_cannot_be_asked_is_not_called_full(tmp_path: Path) -> None:
    assert not is_disk_full(tmp_path / "gone")
    assert not is_disk_full(tmp_path)
