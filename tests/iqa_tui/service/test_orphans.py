"""Runs without a supervisor are looked after by the dispatcher."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from iqa_tui.service import orphans as keeper
from tests.fakes.lab import Lab, change_spec, process, stub, wait_for, wait_until, words
from tests.fakes.runs import end_run, make_run
from training.runfolder.errors import LockHeld
from training.runfolder.layout import RunFolder
from training.runfolder.lock import take_lock
from training.runfolder.phase import Phase
from training.runfolder.status import run_status


def test_a_lost_run_is_lost_all_the_time_while_what_outlived_it_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = end_run(make_run(tmp_path, "a"), None)
    seen: list[Phase] = []

    def ended(held_run: RunFolder) -> int:
        seen.append(run_status(held_run).phase)
        with pytest.raises(LockHeld):
            take_lock(run.supervisor_lock, wait_seconds=0.0)  # no supervisor may start it now
        return 1

    monkeypatch.setattr(keeper, "marked_processes", lambda runs_dir: {run.path: {1}})
    monkeypatch.setattr(keeper, "end_strays", ended)
    keeper.OrphanKeeper(tmp_path, lambda words: None).look()
    assert seen == [Phase.LOST]


def test_a_trainer_without_supervisor_is_pressed_and_its_children_are_swept_by_the_dispatcher(lab: Lab) -> None:
    stubborn, childish, waiting = lab.launch(
        {"flags": {"seconds": 60, "ignore_term": True}}, {"flags": {"seconds": 60, "workers": 1}}, {}
    )
    stub(stubborn)
    record = process(stubborn)
    assert record.supervisor_pid is not None
    os.kill(record.supervisor_pid, signal.SIGKILL)
    wait_until(lambda: words(stubborn) == "running, unsupervised", "the first to be unsupervised")
    from iqa_tui.queue.stop import stop_run

    stop_run(stubborn, grace_seconds=0.2)
    wait_for(stubborn, Phase.STOPPED)
    assert "no supervisor was left to record how it ended" in words(stubborn)
    stub(childish)
    record = process(childish)
    assert record.supervisor_pid is not None
    os.kill(record.supervisor_pid, signal.SIGKILL)
    os.kill(record.pid, signal.SIGKILL)
    wait_for(childish, Phase.LOST)
    wait_for(waiting, Phase.FINISHED)
    wait_until(lambda: not lab.processes(), "every process to be gone")


def test_a_trainer_without_supervisor_is_stopped_at_its_time_limit(lab: Lab) -> None:
    (run,) = lab.launch({"flags": {"seconds": 60}})
    stub(run)
    supervisor = process(run).supervisor_pid
    assert supervisor is not None
    os.kill(supervisor, signal.SIGKILL)
    change_spec(run, time_limit_seconds=0.3)
    wait_for(run, Phase.STOPPED)
    assert words(run).startswith("stopped by its time limit of 0.3 s; no supervisor was left"), words(run)
    wait_until(lambda: not lab.processes(), "every process to be gone")
