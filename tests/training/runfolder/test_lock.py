"""A lock is a file; anything else in its place is refused, and no process waits for it."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.trust.damage import KINDS
from training.runfolder import lock as locks
from training.runfolder.errors import LockHeld, UnreadableFile
from training.runfolder.lock import is_held, open_lock_file, take_lock

NO_FILES = sorted(name for name in KINDS if name.startswith(("a pipe", "a socket", "a folder", "a device", "a link")))


@pytest.mark.parametrize("kind", NO_FILES)
def test_what_is_no_file_is_no_lock(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "alive.lock"
    KINDS[kind](path)
    for use in (is_held, take_lock, open_lock_file):
        with pytest.raises(UnreadableFile, match=r"alive\.lock: is .*, not a file\. Move it away\."):
            use(path)


def test_whatever_stands_in_a_lock_it_can_be_taken(tmp_path: Path) -> None:
    path = tmp_path / "alive.lock"
    KINDS["a hollow file"](path)
    assert not is_held(path)
    take_lock(path)
    assert is_held(path)


HOLD = """
import sys, time
from pathlib import Path
from training.runfolder.lock import take_lock
take_lock(Path(sys.argv[1])); print("held", flush=True); time.sleep(60)
"""


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


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS])
def test_a_disk_without_locks_is_named_with_the_file_and_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(locks.fcntl, "flock", flock)
    path = tmp_path / "alive.lock"
    for ask in (take_lock, is_held):
        with pytest.raises(OSError, match=r"gives no file locks \(.*: see `iqa-tui doctor`") as raised:
            ask(path)
        assert (raised.value.errno, raised.value.filename) == (number, str(path))
