"""The records of an attempt on a disk that is full."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from iqa_tui.service import attempt_records
from iqa_tui.service.attempt_records import RESERVED_BYTES, AttemptRecords, write_patiently
from tests.fakes.clock import FakeClock
from tests.fakes.lab import Lab, change_spec, exit_record, process, words
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import ExitRecord, ProcessRecord
from training.runfolder.write import write_record, write_record_into

MIB = 1 << 20
Queue = Callable[..., RunFolder]


def test_a_full_disk_is_said_and_the_record_of_the_end_has_its_room(lab: Lab, queued: Queue, small_disk: Path) -> None:
    run = queued(fill=str(small_disk / "ballast"))
    lab.supervise(run).wait()
    assert exit_record(run).kind is ExitKind.DISK_FULL
    assert words(run) == "failed: exit 1: OSError: [Errno 28] No space left on device"
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


END = ExitRecord(ExitKind.FAILED, "exit 1", 1.0, 2.0)


class FullDisk:
    """Refuses to write records as long as `is_full` says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, is_full: Callable[[], bool]) -> None:
        self.refusals = 0
        self._is_full = is_full
        monkeypatch.setattr(attempt_records, "write_record", self._write)

    def _write(self, path: Path, record: object) -> None:
        if self._is_full():
            self.refusals += 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_record(path, record)  # type: ignore[arg-type]


@pytest.fixture
def records(tmp_path: Path) -> AttemptRecords:
    run = RunFolder(tmp_path)
    made = AttemptRecords(run, run.attempt(1))
    made.make_room()
    return made


def test_room_is_kept_as_a_file_of_its_own_and_goes_with_the_record_of_the_end(
    records: AttemptRecords, tmp_path: Path
) -> None:
    attempt = RunFolder(tmp_path).attempt(1)
    assert attempt.reserve.read_bytes() == bytes(RESERVED_BYTES)
    records.write_end(END)
    assert read_record(attempt.exit, ExitRecord) == END
    assert not attempt.reserve.exists()


def test_the_record_of_a_process_is_given_the_room_and_the_room_is_made_again(
    records: AttemptRecords, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = RunFolder(tmp_path).attempt(1)
    disk = FullDisk(monkeypatch, attempt.reserve.exists)
    process = ProcessRecord("boot", 1, 2, host="h", started=3.0)
    records.write_process(process)
    assert disk.refusals == 1
    assert read_record(attempt.process, ProcessRecord) == process
    assert attempt.reserve.stat().st_size == RESERVED_BYTES


def test_the_record_of_the_end_is_written_into_the_reserve_itself(
    records: AttemptRecords, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FullDisk(monkeypatch, lambda: True)
    records.write_end(END)
    attempt = RunFolder(tmp_path).attempt(1)
    assert read_record(attempt.exit, ExitRecord) == END
    assert [path.name for path in attempt.path.iterdir()] == ["exit.json"]


def test_without_its_reserve_the_end_is_tried_again_for_a_minute_and_never_raises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = FakeClock()
    monkeypatch.setattr(attempt_records.time, "monotonic", clock)
    monkeypatch.setattr(attempt_records.time, "sleep", lambda seconds: setattr(clock, "now", clock.now + seconds))
    disk = FullDisk(monkeypatch, lambda: clock.now < 30)
    path = tmp_path / "exit.json"
    write_patiently(path, END, patience_seconds=20.0)
    assert (clock.now, disk.refusals, path.exists()) == (20.0, 21, False)
    assert capsys.readouterr().err.count(f"{path}: cannot be written: [Errno 28] No space left on device") == 21
    write_patiently(path, END, patience_seconds=20.0)
    assert clock.now == 30.0
    assert read_record(path, ExitRecord) == END
