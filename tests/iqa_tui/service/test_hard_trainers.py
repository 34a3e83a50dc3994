"""Trainers that no supervisor wishes for: however they behave, their run ends as it should and leaves no process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from iqa_tui.monitor.log_reader import LogReader
from iqa_tui.monitor.log_window import TAIL_BYTES
from iqa_tui.processes.strays import end_strays, marked_processes
from tests.fakes.lab import Lab, change_spec, exit_record, gone, process, state, stub, wait_until, words
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase

MIB = 1 << 20
Queue = Callable[..., RunFolder]


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
    (*_, last) = LogReader(output).look().texts
    assert len(last) < TAIL_BYTES
    assert time.process_time() - began < 5  # it is some milliseconds; a line read again and again would take minutes
    assert lab.processes() == []


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
