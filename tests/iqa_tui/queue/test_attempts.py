"""Which runs are resumed, which never are, and how an attempt is made."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from iqa_tui.queue import attempts as retries
from iqa_tui.queue.attempts import automatic_attempts, may_resume, queue_again
from iqa_tui.queue.backlog import Backlog
from tests.fakes.lab import change_spec
from tests.fakes.runs import end_run, make_run
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import RetryRecord
from training.runfolder.status import run_status


def resumable(run: RunFolder) -> bool:
    return may_resume(run, read_spec(run), run_status(run))


def test_only_a_run_that_ended_by_no_fault_of_its_own_is_resumed(tmp_path: Path) -> None:
    resumed = [kind for kind in ExitKind if resumable(end_run(make_run(tmp_path, kind.name), kind))]
    assert resumed == [ExitKind.DRIVER]
    assert resumable(end_run(make_run(tmp_path, "lost"), None))
    assert resumable(end_run(make_run(tmp_path, "rebooted"), None, boot="an-earlier-one"))
    assert not resumable(make_run(tmp_path, "queued"))
    before = end_run(make_run(tmp_path, "earlier"), None, boot="an-earlier-one")
    before.attempt(1).beat.unlink()
    assert run_status(before).phase is Phase.LOST
    assert not resumable(before), "without a beat another host of this name may work on it"


def test_runs_by_hand_of_other_machines_and_of_long_ago_are_left_to_their_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not resumable(end_run(make_run(tmp_path, "by-hand"), None, supervisor_pid=None))
    assert not resumable(end_run(make_run(tmp_path, "elsewhere"), None, host="another-machine"))
    run = end_run(make_run(tmp_path, "old"), None)
    assert resumable(run)
    for path in (run.attempt(1).path, run.events):
        if path.exists():
            os.utime(path, (0, 0))
    assert not resumable(run)


def test_a_lost_run_of_an_external_trainer_may_have_done_its_work_but_a_rebooted_one_has_not(tmp_path: Path) -> None:
    lost, rebooted = make_run(tmp_path, "lost"), make_run(tmp_path, "rebooted")
    for run in (lost, rebooted):
        change_spec(run, trainer="command")
    assert not resumable(end_run(lost, None))
    assert resumable(end_run(rebooted, None, boot="an-earlier-one"))


def test_a_run_is_resumed_twice_and_no_more_until_a_user_asks(tmp_path: Path) -> None:
    run = end_run(make_run(tmp_path, "a"), None)
    for number in (1, 2):
        assert resumable(run)
        queue_again(run, "lost: so it was", automatic=True)
        assert automatic_attempts(run) == number
        assert run_status(run).cause == "again, after lost: so it was"
        end_run(run, None)
    assert not resumable(run)
    assert run_status(run).phase is Phase.LOST
    queue_again(run, "lost: so it was")
    record = read_record(run.attempt(4).retry, RetryRecord)
    assert record is not None
    assert (record.automatic, record.why) == (False, "lost: so it was")
    assert resumable(end_run(run, None))


def test_two_users_who_ask_at_the_same_moment_make_one_attempt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = end_run(make_run(tmp_path, "a"), None)
    latest = run.latest_attempt()
    queue_again(run, "lost")
    monkeypatch.setattr(retries.RunFolder, "latest_attempt", lambda self: latest)
    queue_again(run, "lost")
    assert [attempt.number for attempt in run.attempts()] == [1, 2]
    assert [path.name for path in run.attempts_dir.iterdir() if path.name.startswith(".")] == []


def test_a_run_to_be_resumed_stays_so_until_it_is(tmp_path: Path) -> None:
    run = end_run(make_run(tmp_path, "a"), None)
    backlog = Backlog(tmp_path)
    for _ in range(2):
        assert [entry[0] for entry in backlog.read().resumable] == [run]
    queue_again(run, "lost", automatic=True)
    waiting = backlog.read()
    assert ([entry[0] for entry in waiting.queued], waiting.resumable) == ([run], ())
