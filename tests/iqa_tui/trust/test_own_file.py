"""Only a file that no other user may have written is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from iqa_tui.trust import own_file
from iqa_tui.trust.own_file import LARGEST_BYTES, NotOwn, read_own


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    folder.mkdir(mode=0o755)
    made = folder / "settings.toml"
    made.write_bytes(b"ascii = true\n")
    made.chmod(0o644)
    return made


def test_a_file_of_ones_own_is_read_through_a_link_too(path: Path) -> None:
    assert read_own(path) == b"ascii = true\n"
    link = path.with_name("link.toml")
    link.symlink_to(path)
    assert read_own(link) == b"ascii = true\n"


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_a_file_that_others_may_write_is_refused_with_the_command_that_helps(path: Path, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(NotOwn, match=rf"other users may write it: chmod go-w {path}"):
        read_own(path)


def test_so_is_one_in_a_folder_that_others_may_write(path: Path) -> None:
    path.parent.chmod(0o777)
    with pytest.raises(NotOwn, match=rf"other users may write its folder: chmod go-w {path.parent}"):
        read_own(path)
    path.parent.chmod(0o1777)
    assert read_own(path)


def test_another_users_file_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = path.stat().st_uid
    if owner == 0:
        os.chown(path, 4711, -1)
    else:
        monkeypatch.setattr(own_file.os, "geteuid", lambda: owner + 1)
    with pytest.raises(NotOwn, match="belongs to another user"):
        read_own(path)


def test_what_is_no_file_or_too_long_is_refused_without_waiting(path: Path) -> None:
    os.mkfifo(path.with_name("pipe"))
    with pytest.raises(NotOwn, match="no file"):
        read_own(path.with_name("pipe"))
    path.write_bytes(b"#" * (LARGEST_BYTES + 1))
    with pytest.raises(NotOwn, match="longer"):
        read_own(path)
