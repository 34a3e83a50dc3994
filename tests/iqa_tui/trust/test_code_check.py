"""Code that another user may change is named, with the folders above it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from iqa_tui.trust.code_check import code_open_to_others, only_root_writes, open_to_others_words


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (tmp_path / "lab").mkdir(mode=0o755)
    path = tmp_path / "lab" / "train.py"
    path.write_text("")
    path.chmod(0o644)
    return path


def test_a_script_and_the_folders_above_it_are_looked_at(script: Path) -> None:
    def about_it() -> list[str]:
        lines = code_open_to_others(["python", "train.py"], script.parent)
        return [line for line in lines if str(script.parent) in line]

    assert about_it() == []
    script.chmod(0o666)
    assert about_it() == [f"{script} may be written by every user"]
    script.chmod(0o644)
    script.parent.chmod(0o777)
    assert about_it() == [f"{script.parent} may be written by every user"]
    script.parent.chmod(0o1777)
    assert about_it() == [], "in a sticky folder no user replaces another user's file"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_groups_and_other_owners_are_named(script: Path) -> None:
    os.chown(script, 0, 61234)
    script.chmod(0o664)
    assert open_to_others_words(script) == f"{script} may be written by the group 61234"
    os.chown(script, 61234, 0)
    assert open_to_others_words(script) == f"{script} belongs to user 61234"
    os.chown(script, 0, 0)
    assert open_to_others_words(script) == "", "the group root is root"


def test_what_a_link_points_to_is_looked_at_too(script: Path, tmp_path: Path) -> None:
    link = tmp_path / "train.py"
    link.symlink_to(script)
    script.chmod(0o666)
    assert f"{script} may be written by every user" in code_open_to_others(["python", "train.py"], tmp_path)
    assert open_to_others_words(tmp_path / "gone") == ""


def test_what_root_alone_writes_is_known_from_every_part_of_its_path(tmp_path: Path) -> None:
    path = tmp_path / "config" / "slurm.conf"
    path.parent.mkdir()
    path.touch(0o644)
    assert only_root_writes(Path("/usr/bin"))
    assert not only_root_writes(Path("/usr/bin/there-is-none"))
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    assert not only_root_writes(tmp_path / "circle")
    if os.geteuid() != 0:
        assert not only_root_writes(path)
        return
    link = tmp_path / "link"
    link.symlink_to(path)
    assert only_root_writes(path)
    assert only_root_writes(link)
    os.chown(link, 12345, -1, follow_symlinks=False)
    assert not only_root_writes(link)
    assert only_root_writes(link, [12345])
    path.parent.chmod(0o777)
    assert not only_root_writes(path)
    path.parent.chmod(0o1777)
    assert only_root_writes(path)
    path.chmod(0o646)
    assert not only_root_writes(path)
