"""A signal reaches the process that a record means, if it is the run's, or no process."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.processes.identity import NotOfThisRun, is_running, signal_process
from tests.fakes.lab import wait_until
from tests.fakes.marked import mark, record_of, sleeper
from tests.fakes.runs import make_run


def test_the_process_of_the_record_is_signalled_and_then_gone(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a")
    with sleeper(mark(run)) as process:
        record = record_of(process.pid)
        assert is_running(record)
        assert signal_process(run, record, signal.SIGTERM)
        wait_until(lambda: not is_running(record), "the sleeper to be a zombie")
        assert not signal_process(run, record, signal.SIGTERM)
        assert process.wait() == -signal.SIGTERM
        assert not signal_process(run, record, signal.SIGTERM)


def test_another_process_that_got_the_number_is_left_alone(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a")
    with sleeper(mark(run)) as process:
        record = record_of(process.pid)
        assert not signal_process(run, replace(record, start_ticks=record.start_ticks - 1), signal.SIGKILL)
        assert not signal_process(run, replace(record, boot_id="an earlier boot"), signal.SIGKILL)
        assert process.poll() is None


@pytest.mark.parametrize(
    ("has_token", "supervisor_pid", "why"),
    [
        (True, 1, "process.json may have been changed"),
        (False, 1, "the run was started by an earlier version, which gave none"),
        (False, None, "a trainer that was started by hand has none"),
    ],
)
def test_a_process_that_a_record_names_and_that_carries_no_mark_is_left_alone(
    tmp_path: Path, has_token: bool, supervisor_pid: int | None, why: str
) -> None:
    run = make_run(tmp_path, "a")
    if has_token:
        mark(run)
    with sleeper() as process:
        with pytest.raises(NotOfThisRun, match=f"^pid {process.pid} does not carry this run's mark; {why}$"):
            signal_process(run, record_of(process.pid, supervisor_pid), signal.SIGKILL)
        assert process.poll() is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")
def test_the_process_of_another_user_is_left_alone_and_named_as_theirs(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a")
    mark(run)
    theirs = subprocess.Popen(["sleep", "60"], user=61_234)
    try:
        with pytest.raises(NotOfThisRun, match="it is user 61234's process"):
            signal_process(run, record_of(theirs.pid), signal.SIGKILL)
        assert theirs.poll() is None
    finally:
        theirs.kill()
        theirs.wait()
