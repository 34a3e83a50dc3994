"""Whose run it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from iqa_tui.trust.ownership import is_ours
from training.runfolder.layout import RunFolder


def test_a_folder_that_this_user_made_is_ours_and_one_that_is_gone_is_not(tmp_path: Path) -> None:
    assert is_ours(RunFolder(tmp_path))
    assert not is_ours(RunFolder(tmp_path / "gone"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_folder_of_another_user_is_not_ours_even_if_we_are_root(tmp_path: Path) -> None:
    os.chown(tmp_path, 12_345, 12_345)
    assert not is_ours(RunFolder(tmp_path))
