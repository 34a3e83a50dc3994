"""The dispatcher resumes what ended by no fault of its own."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from iqa_tui.queue import enqueue as queue
from iqa_tui.queue.dispatcher_files import dispatcher_log
from tests.fakes.lab import Lab, change_spec, exit_record, process, stub, wait_for_end, wait_until
from tests.fakes.runs import end_run
from training.runfolder.exits import ExitKind


def test_a_run_that_lost_everything_is_resumed_by_the_dispatcher_and_says_so(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(queue, "ensure_dispatcher", lambda runs_dir: None)
        (run,) = lab.launch({"flags": {"until": str(lab.folder / "go"), "daemon": True}})
    change_spec(run, trainer="training")  # the lab's plans name external trainers
    queue.ensure_dispatcher(lab.runs_dir)
    (daemon,) = stub(run)["children"]
    record = process(run)
    assert record.supervisor_pid is not None
    os.kill(record.supervisor_pid, signal.SIGKILL)
    os.kill(record.pid, signal.SIGKILL)
    wait_until(run.attempt(2).process.exists, "the second attempt")
    wait_until(lambda: not Path(f"/proc/{daemon}").exists(), "what the first one left to be gone")
    log = dispatcher_log(lab.runs_dir).read_text()
    assert "left no record of why: queued again, 1 of at most 2 times" in log


def test_a_run_that_is_resumed_keeps_its_turn_before_those_of_lower_priority(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IQA_TUI_CPU_SLOTS", "2")
    with monkeypatch.context() as patch:
        patch.setattr(queue, "ensure_dispatcher", lambda runs_dir: None)
        rows = [{"priority": "high", "flags": {"seconds": 0.5}}, {"priority": "low"}]
        high, low = lab.launch(*rows, strategy="priority")
    end_run(high, ExitKind.DRIVER)
    queue.ensure_dispatcher(lab.runs_dir)
    wait_for_end(low)
    assert process(low).started >= exit_record(high).ended
    assert high.attempt(2).exit.exists()
