"""The dispatcher resumes what ended by no fault of its own."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from iqa_tui.queue import enqueue as queue
from iqa_tui.queue.dispatcher_files import dispatcher_log
from iqa_tui.service.resuming import came_up, give_up, resume
from tests.fakes.lab import Lab, change_spec, exit_record, process, stub, wait_for_end, wait_until
from tests.fakes.runs import end_run, make_run
from training.runfolder.exits import ExitKind
from training.runfolder.lock import take_lock
from training.runfolder.phase import Phase
from training.runfolder.status import run_status
from training.runfolder.write import make_folder


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


def test_a_supervisor_came_up_once_it_recorded_its_trainer(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a")
    assert not came_up(run)
    make_folder(run.attempts_dir)
    make_folder(run.attempt(1).path)
    assert not came_up(run)
    end_run(run, None)
    assert came_up(run)
    damaged = make_run(tmp_path, "b")
    damaged.attempts_dir.touch()
    assert not came_up(damaged)


def test_a_run_is_given_up_in_words_of_its_own_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path, "a")
    give_up(run, "its supervisor did not come up 3 times")
    assert run_status(run).cause == "its supervisor did not come up 3 times"
    assert exit_record(run).kind is ExitKind.NOT_STARTED
    assert capsys.readouterr().out.endswith("a: its supervisor did not come up 3 times\n")
    give_up(run, "another cause")
    assert run_status(run).cause == "its supervisor did not come up 3 times", "it has a record"


def test_a_run_that_another_process_has_is_not_given_up(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a")
    lock = take_lock(run.alive_lock)
    give_up(run, "no more")
    os.close(lock)
    assert not run.attempt(1).exit.exists()


def test_a_resume_says_how_it_ended_and_how_often_it_is_resumed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = end_run(make_run(tmp_path, "a"), None)
    resume(run)
    said = "a: lost: its processes are gone and left no record of why: queued again, 1 of at most 2 times\n"
    assert capsys.readouterr().out.endswith(said)
    assert run_status(run).phase is Phase.QUEUED
