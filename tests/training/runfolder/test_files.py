"""Whole files, names and locks."""

from __future__ import annotations

import os
import stat
import struct
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path

import pytest

from training.runfolder.errors import LockHeld
from training.runfolder.folders import create_run_folder, list_runs, run_name
from training.runfolder.host import start_ticks
from training.runfolder.layout import RunFolder
from training.runfolder.lock import is_held, take_lock
from training.runfolder.read import read_json
from training.runfolder.schema import RetryRecord
from training.runfolder.write import EventWriter, open_own, write_atomic, write_json, write_record, write_record_into

HOLD = """
import sys, time
from pathlib import Path
from training.runfolder.lock import take_lock
take_lock(Path(sys.argv[1])); print("held", flush=True); time.sleep(60)
"""


def test_a_run_is_named_by_time_and_content() -> None:
    name = run_name(datetime(2026, 11, 23, 17, 5, 1), "koniq-10k", "swin base/x", "l2", 42)  # noqa: DTZ001
    assert name == "2026-11-23_17-05-01_koniq-10k_swin-base-x_l2_s42"


def test_runs_made_in_the_same_second_get_folders_of_their_own(tmp_path: Path) -> None:
    names = [create_run_folder(tmp_path / "runs", "a").run_id for _ in range(3)]
    assert names == ["a", "a-2", "a-3"]


def test_folders_without_a_spec_are_no_runs(tmp_path: Path) -> None:
    create_run_folder(tmp_path, "empty")
    write_json(create_run_folder(tmp_path, "real").spec, {})
    assert [run.run_id for run in list_runs(tmp_path)] == ["real"]
    assert list_runs(tmp_path / "absent") == []


def test_attempts_are_ordered_by_number_and_strangers_are_passed_over(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    assert run.latest_attempt() is None
    for name in ("1", "2", "10", "notes"):
        (run.attempts_dir / name).mkdir(parents=True)
    assert [attempt.number for attempt in run.attempts()] == [1, 2, 10]


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


def test_a_lock_is_held_until_the_last_process_that_has_it_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "alive.lock"
    assert not is_held(path)
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert is_held(path)
        with pytest.raises(LockHeld, match=r"alive\.lock is held"):
            take_lock(path)
        holder.kill()
    assert not is_held(path)


def test_a_lock_passed_to_a_child_outlives_its_taker(tmp_path: Path) -> None:
    path = tmp_path / "alive.lock"
    descriptor = take_lock(path)
    with subprocess.Popen(["sleep", "60"], pass_fds=[descriptor]) as child:
        os.close(descriptor)
        assert is_held(path)
        child.kill()
    assert not is_held(path)


def test_looking_at_a_lock_never_makes_a_taker_fail(tmp_path: Path) -> None:
    path = tmp_path / "alive.lock"
    path.touch()
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            is_held(path)

    watchers = [threading.Thread(target=look) for _ in range(2)]
    for watcher in watchers:
        watcher.start()
    try:
        for _ in range(100):
            os.close(take_lock(path, wait_seconds=5.0))
    finally:
        stop.set()
        for watcher in watchers:
            watcher.join()


def test_start_ticks_tell_processes_apart_and_are_absent_for_none() -> None:
    assert start_ticks(os.getpid()) == start_ticks(os.getpid())
    assert start_ticks(2**22 + 1) is None


GIVES_EVERYTHING = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", tag, 7, 2**32 - 1) for tag in (1, 4, 0x20))
"""A default access list: owner, group and others may do everything with whatever is made in the folder."""


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
