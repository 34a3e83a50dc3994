"""Trainers that no supervisor wishes for: however they behave, their run ends as it should and leaves no process."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from iqa_tui.monitor.log_tail import TAIL_BYTES, LogTail
from iqa_tui.processes import output_log as output
from iqa_tui.processes.output_log import OutputLog
from iqa_tui.processes.strays import end_strays, marked_processes
from iqa_tui.service.attempt_records import RESERVED_BYTES
from tests.fakes.lab import Lab, change_spec, exit_record, gone, process, state, stub, wait_until, words
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.read import read_record
from training.runfolder.schema import ExitRecord
from training.runfolder.write import write_record, write_record_into

MIB = 1 << 20
Queue = Callable[..., RunFolder]


@pytest.fixture
def small_disk(lab: Lab) -> Iterator[Path]:
    """A disk of 4 MiB of its own, as the folder of runs."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(lab.runs_dir)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("this container may not mount a small disk")
    yield lab.runs_dir
    lab.sweep()
    subprocess.run(["umount", "--lazy", str(lab.runs_dir)], check=True)


def test_a_signal_of_its_own_is_named(lab: Lab, queued: Queue) -> None:
    run = queued(die_of="SIGSEGV")
    lab.supervise(run).wait()
    assert words(run) == "failed: killed by SIGSEGV: a crash in native code"


def test_one_that_says_nothing_and_closes_its_output_ends_like_any_other(lab: Lab, queued: Queue) -> None:
    run = queued(say="", close_stdout=True, exit=3)
    lab.supervise(run).wait()
    assert words(run) == "failed: exit 3 without a word"
    assert run.attempt(1).output.read_bytes() == b""


def test_a_flood_of_output_and_a_line_without_an_end_fill_neither_disk_nor_reader(lab: Lab, queued: Queue) -> None:
    run = queued(say="how it began", flood_mib=150, long_line_mib=50, exit=1, seconds=0.6)
    lab.supervise(run).wait()
    output = run.attempt(1).output
    content = output.read_bytes()
    assert len(content) < 80 * MIB
    assert content.startswith(b"how it began\n")
    assert b"MiB were cut out here: a log keeps 64 MiB]" in content
    assert words(run).startswith("failed: exit 1: xxx")
    assert len(words(run)) < 400
    began = time.process_time()
    (*_, last) = LogTail(output).poll().lines
    assert len(last) < TAIL_BYTES
    assert time.process_time() - began < 5  # it is some milliseconds; a line read again and again would take minutes
    assert lab.processes() == []


def test_the_end_of_a_log_that_was_cut_is_what_was_printed_last(tmp_path: Path) -> None:
    log = OutputLog(tmp_path / "output.log", largest_bytes=8000)
    for number in range(1000):
        os.write(log.descriptor, b"line %d\n" % number)
    log.limit()
    content = (tmp_path / "output.log").read_bytes()
    assert len(content) < 3000
    assert content.startswith(b"line 0\n")
    assert content.endswith(b"line 999\n")
    os.write(log.descriptor, b"the next\n")
    assert (tmp_path / "output.log").read_bytes() == content + b"the next\n"


def test_a_log_is_not_written_where_a_link_in_its_place_leads(tmp_path: Path) -> None:
    (tmp_path / "output.log").symlink_to(tmp_path / "treasure")
    with pytest.raises(OSError, match="symbolic links"):
        OutputLog(tmp_path / "output.log")
    assert not (tmp_path / "treasure").exists()


def test_a_log_that_was_cut_twice_says_how_much_is_missing_in_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "MIB", 1)
    log = OutputLog(tmp_path / "output.log", largest_bytes=800)
    for _ in range(2):
        os.write(log.descriptor, b"x" * 1000)
        log.limit()
    (cut,) = re.findall(rb"iqa-tui: ([\d.]+) MiB", (tmp_path / "output.log").read_bytes())
    assert 1800 <= float(cut) < 1900  # 2,000 less head and tail; the first note is among them


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


def test_a_daemon_is_ended_with_its_run(lab: Lab, queued: Queue) -> None:
    run = queued(daemon=True)
    lab.supervise(run).wait()
    assert all(gone(pid) for pid in stub(run)["children"])
    assert state(run) is Phase.FINISHED


def test_a_daemon_that_lost_its_supervisor_is_found_by_the_mark_in_its_environment(lab: Lab, queued: Queue) -> None:
    run = queued(daemon=True, seconds=60)
    supervisor = lab.supervise(run)
    (daemon,) = stub(run)["children"]
    record = process(run)
    supervisor.kill()
    supervisor.wait()
    os.kill(record.pid, 9)
    wait_until(lambda: state(run) is Phase.LOST, "the run to be lost")
    assert marked_processes(lab.runs_dir) == {run.path: {daemon}}
    assert end_strays(RunFolder(lab.runs_dir / "another"), grace_seconds=0.0) == 0
    assert not gone(daemon)
    assert end_strays(run, grace_seconds=0.1) == 1
    wait_until(lambda: gone(daemon), "the daemon to be gone")


def test_the_next_attempt_ends_what_the_last_one_left(lab: Lab, queued: Queue) -> None:
    run = queued(daemon=True, seconds=60)
    supervisor = lab.supervise(run)
    (daemon,) = stub(run)["children"]
    record = process(run)
    supervisor.kill()
    supervisor.wait()
    os.kill(record.pid, 9)
    wait_until(lambda: state(run) is Phase.LOST, "the run to be lost")
    change_spec(run, argv=["true"])
    run.attempt(2).path.mkdir()
    lab.supervise(run).wait()
    assert state(run) is Phase.FINISHED
    wait_until(lambda: gone(daemon), "the daemon to be gone")


def test_a_time_limit_stops_a_run_with_a_checkpoint_and_says_so(lab: Lab, queued: Queue) -> None:
    run = queued(seconds=60)
    change_spec(run, time_limit_seconds=0.3)
    lab.supervise(run).wait()
    assert exit_record(run).kind is ExitKind.TIME_LIMIT
    assert words(run).startswith("stopped by its time limit of 0.3 s, ")
    assert state(run) is Phase.STOPPED
