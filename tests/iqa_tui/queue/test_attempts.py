"""Which runs are resumed, which never are, and how runs without a supervisor are looked after."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

import pytest

from iqa_tui.queue import attempts as retries
from iqa_tui.queue import enqueue as queue
from iqa_tui.queue.attempts import automatic_attempts, may_resume, queue_again
from iqa_tui.queue.backlog import Backlog
from iqa_tui.queue.dispatcher_files import dispatcher_log
from iqa_tui.service import orphans as keeper
from tests.fakes.lab import Lab, change_spec, exit_record, process, stub, wait_for, wait_for_end, wait_until, words
from tests.golden.make import a_spec
from training.runfolder.errors import LockHeld
from training.runfolder.exits import ExitKind
from training.runfolder.host import boot_id
from training.runfolder.layout import RunFolder
from training.runfolder.lock import take_lock
from training.runfolder.phase import Phase
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import ExitRecord, ProcessRecord, RetryRecord
from training.runfolder.status import run_status
from training.runfolder.write import make_folder, write_record


def queue_run(runs_dir: Path, name: str) -> RunFolder:
    run = RunFolder(runs_dir / name)
    write_record(run.spec, a_spec(name))
    return run


def end(run: RunFolder, kind: ExitKind | None, *, boot: str | None = None, **more: object) -> RunFolder:
    """Write down how the newest attempt ended; None: there is no record."""
    attempt = run.latest_attempt() or run.attempt(1)
    if boot is not None:  # its last sign of life is older than a beat may be
        make_folder(run.attempts_dir)
        make_folder(attempt.path)
        attempt.beat.touch()
        os.utime(attempt.beat, (time.time() - 1000, time.time() - 1000))
    values = {"host": socket.gethostname(), "supervisor_pid": 2, **more}
    write_record(attempt.process, ProcessRecord(boot or boot_id(), 1, 1, started=time.time(), **values))  # type: ignore[arg-type]
    if kind is not None:
        write_record(attempt.exit, ExitRecord(kind, "so it was", time.time(), 1.0))
    return run


def resumable(run: RunFolder) -> bool:
    return may_resume(run, read_spec(run), run_status(run))


def test_only_a_run_that_ended_by_no_fault_of_its_own_is_resumed(tmp_path: Path) -> None:
    resumed = [kind for kind in ExitKind if resumable(end(queue_run(tmp_path, kind.name), kind))]
    assert resumed == [ExitKind.DRIVER]
    assert resumable(end(queue_run(tmp_path, "lost"), None))
    assert resumable(end(queue_run(tmp_path, "rebooted"), None, boot="an-earlier-one"))
    assert not resumable(queue_run(tmp_path, "queued"))
    before = end(queue_run(tmp_path, "earlier"), None, boot="an-earlier-one")
    before.attempt(1).beat.unlink()
    assert run_status(before).phase is Phase.LOST
    assert not resumable(before), "without a beat another host of this name may work on it"


def test_runs_by_hand_of_other_machines_and_of_long_ago_are_left_to_their_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not resumable(end(queue_run(tmp_path, "by-hand"), None, supervisor_pid=None))
    assert not resumable(end(queue_run(tmp_path, "elsewhere"), None, host="another-machine"))
    run = end(queue_run(tmp_path, "old"), None)
    assert resumable(run)
    for path in (run.attempt(1).path, run.events):
        if path.exists():
            os.utime(path, (0, 0))
    assert not resumable(run)


def test_a_lost_run_of_an_external_trainer_may_have_done_its_work_but_a_rebooted_one_has_not(tmp_path: Path) -> None:
    lost, rebooted = queue_run(tmp_path, "lost"), queue_run(tmp_path, "rebooted")
    for run in (lost, rebooted):
        change_spec(run, trainer="command")
    assert not resumable(end(lost, None))
    assert resumable(end(rebooted, None, boot="an-earlier-one"))


def test_a_run_is_resumed_twice_and_no_more_until_a_user_asks(tmp_path: Path) -> None:
    run = end(queue_run(tmp_path, "a"), None)
    for number in (1, 2):
        assert resumable(run)
        queue_again(run, "lost: so it was", automatic=True)
        assert automatic_attempts(run) == number
        assert run_status(run).cause == "again, after lost: so it was"
        end(run, None)
    assert not resumable(run)
    assert run_status(run).phase is Phase.LOST
    queue_again(run, "lost: so it was")
    record = read_record(run.attempt(4).retry, RetryRecord)
    assert record is not None
    assert (record.automatic, record.why) == (False, "lost: so it was")
    assert resumable(end(run, None))


def test_two_users_who_ask_at_the_same_moment_make_one_attempt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = end(queue_run(tmp_path, "a"), None)
    latest = run.latest_attempt()
    queue_again(run, "lost")
    monkeypatch.setattr(retries.RunFolder, "latest_attempt", lambda self: latest)
    queue_again(run, "lost")
    assert [attempt.number for attempt in run.attempts()] == [1, 2]
    assert [path.name for path in run.attempts_dir.iterdir() if path.name.startswith(".")] == []


def test_a_run_to_be_resumed_stays_so_until_it_is(tmp_path: Path) -> None:
    run = end(queue_run(tmp_path, "a"), None)
    backlog = Backlog(tmp_path)
    for _ in range(2):
        assert [entry[0] for entry in backlog.read().resumable] == [run]
    queue_again(run, "lost", automatic=True)
    waiting = backlog.read()
    assert ([entry[0] for entry in waiting.queued], waiting.resumable) == ([run], ())


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
    end(high, ExitKind.DRIVER)
    queue.ensure_dispatcher(lab.runs_dir)
    wait_for_end(low)
    assert process(low).started >= exit_record(high).ended
    assert high.attempt(2).exit.exists()


def test_a_lost_run_is_lost_all_the_time_while_what_outlived_it_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = end(queue_run(tmp_path, "a"), None)
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
