"""The records of an attempt on a disk that is full."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from iqa_tui.service.attempt_records import RESERVED_BYTES
from tests.fakes.lab import Lab, change_spec, exit_record, process, words
from tests.iqa_tui.service.test_hard_trainers import MIB, Queue
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import ExitRecord
from training.runfolder.write import write_record, write_record_into


def test_a_full_disk_is_said_and_the_record_of_the_end_has_its_room(lab: Lab, queued: Queue, small_disk: Path) -> None:
    run = queued(fill=str(small_disk / "ballast"))
    lab.supervise(run).wait()
    assert exit_record(run).kind is ExitKind.DISK_FULL
    assert "No space left on device" in words(run) or "the disk of the runs is full" in words(run)
    assert os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize < MIB


def test_a_record_takes_the_place_of_its_reserve_if_nothing_else_can_be_written(small_disk: Path) -> None:
    attempt = RunFolder(small_disk).attempt(1)
    attempt.path.mkdir(parents=True)
    attempt.reserve.write_bytes(bytes(RESERVED_BYTES))
    with (small_disk / "ballast").open("wb") as file, contextlib.suppress(OSError):
        while True:
            os.write(file.fileno(), bytes(4096))
    record = ExitRecord(ExitKind.DISK_FULL, "exit 1: no room", 1.0, 2.0)
    with pytest.raises(OSError, match="No space left"):
        write_record(attempt.exit, record)
    write_record_into(attempt.reserve, attempt.exit, record)
    assert read_record(attempt.exit, ExitRecord) == record
    assert [path.name for path in attempt.path.iterdir()] == ["exit.json"]


@contextlib.contextmanager
def greedy(disk: Path) -> Iterator[None]:
    """A process that takes every block of this disk as soon as it is free."""
    has_enough = threading.Event()

    def take() -> None:
        block = bytes(1 << 20)
        with (disk / "taken").open("wb") as file:
            while not has_enough.is_set():
                with contextlib.suppress(OSError):
                    os.write(file.fileno(), block)

    thread = threading.Thread(target=take)
    thread.start()
    try:
        yield
    finally:
        has_enough.set()
        thread.join()


def test_the_end_is_recorded_though_another_process_takes_every_block_that_is_freed(
    lab: Lab, queued: Queue, small_disk: Path
) -> None:
    run = queued()
    change_spec(run, argv=["sh", "-c", "sleep 0.5; exit 3"])
    supervisor = lab.supervise(run)
    process(run)
    with greedy(small_disk):
        supervisor.wait()
    assert words(run) == "failed: exit 3 without a word (the disk of the runs is full)"
