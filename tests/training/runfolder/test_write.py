"""Whole files are written aside, closed to others, and follow no link."""

from __future__ import annotations

import os
import stat
import struct
import threading
from pathlib import Path

import pytest

from training.runfolder.folders import create_run_folder
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_json
from training.runfolder.schema import RetryRecord
from training.runfolder.write import EventWriter, open_own, write_atomic, write_json, write_record, write_record_into


def test_a_reader_beside_a_writer_never_sees_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"n": 0, "padding": "x" * 50_000})
    done = threading.Event()

    def write_many() -> None:
        for n in range(60):
            write_json(path, {"n": n, "padding": "x" * 50_000})
        done.set()

    writer = threading.Thread(target=write_many)
    writer.start()
    reads = 0
    while not done.is_set():
        content = read_json(path)
        assert content is not None
        assert len(content["padding"]) == 50_000
        reads += 1
    writer.join()
    assert reads > 0


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    write_atomic(path, b"old")

    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("by_access_list", [False, True])
def test_others_may_write_nothing_of_a_run_whatever_umask_or_access_list_say(
    tmp_path: Path, by_access_list: bool
) -> None:
    if by_access_list:
        try:
            os.setxattr(tmp_path, "system.posix_acl_default", GIVES_EVERYTHING)
        except OSError as error:
            pytest.skip(f"this disk has no access lists ({error.strerror})")
    umask = os.umask(0)
    try:
        run = create_run_folder(tmp_path, "a")
        write_json(run.stop, {})
        write_record(run.attempt(1).retry, RetryRecord("ann", 1.0, ""))
        EventWriter(run.events, 1).close()
    finally:
        os.umask(umask)
    paths = [run.path, *run.path.rglob("*")]
    assert len(paths) == 6
    assert {path: stat.filemode(path.stat().st_mode) for path in paths if path.stat().st_mode & 0o022} == {}


def test_a_private_umask_stays_private(tmp_path: Path) -> None:
    umask = os.umask(0o077)
    try:
        write_json(tmp_path / "a" / "b.json", {})
    finally:
        os.umask(umask)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a", "a/b.json")] == [0o700, 0o600]


def test_a_writer_makes_the_folder_of_its_file_and_none_above_it(tmp_path: Path) -> None:
    write_json(tmp_path / "a" / "b.json", {})
    for path in (tmp_path / "c" / "d" / "e.json", RunFolder(tmp_path / "gone").attempt(1).retry):
        with pytest.raises(FileNotFoundError):
            write_record(path, RetryRecord("ann", 1.0, ""))
    with pytest.raises(FileNotFoundError):
        EventWriter(tmp_path / "gone" / "run" / "events.jsonl", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_what_root_writes_in_the_folder_of_another_user_stays_roots(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder to another user")
    os.chown(tmp_path, 61_234, 61_234)
    write_json(tmp_path / "a.json", {})
    assert (tmp_path / "a.json").stat().st_uid == 0


def test_no_writer_follows_a_link_in_the_place_of_its_file(tmp_path: Path) -> None:
    treasure = tmp_path / "treasure"
    treasure.write_bytes(b"old")
    link = tmp_path / "link"
    link.symlink_to(treasure)
    with pytest.raises(OSError, match="symbolic links"):
        EventWriter(link, 1)
    with pytest.raises(OSError, match="symbolic links"):
        write_record_into(link, tmp_path / "retry.json", RetryRecord("ann", 1.0, ""))
    with pytest.raises(OSError, match="symbolic links"):
        open_own(link, "wb")
    write_json(link, {})
    assert not link.is_symlink()
    assert treasure.read_bytes() == b"old"


GIVES_EVERYTHING = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", tag, 7, 2**32 - 1) for tag in (1, 4, 0x20))
"""A default access list: owner, group and others may do everything with whatever is made in the folder."""
