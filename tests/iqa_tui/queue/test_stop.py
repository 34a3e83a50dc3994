"""Stopping and retrying when the records of a run are not what they seem."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.__main__ import main
from iqa_tui.errors import LaunchError
from iqa_tui.monitor.catalog import Catalog
from iqa_tui.queue import as_owner, retry, stop
from iqa_tui.queue.hold import hold_run
from iqa_tui.queue.retry import retry_run
from iqa_tui.queue.stop import can_stop, stop_all, stop_run
from iqa_tui.trust.signature import sign_run
from tests.fakes.lab import (
    Lab,
    gone,
    process,
    stub,
    wait_until,
)
from tests.fakes.marked import mark, record_of, sleeper
from tests.fakes.runs import make_run, queue_run
from tests.fakes.slurm import FakeSlurm, slurm
from training.runfolder import read
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.lock import take_lock
from training.runfolder.phase import Phase
from training.runfolder.read import read_record
from training.runfolder.schema import ExitRecord, RetryRecord, StopRequest
from training.runfolder.status import run_status
from training.runfolder.write import write_record

__all__ = ["slurm"]


def failed(run: RunFolder) -> RunFolder:
    sign_run(run, variables={})
    write_record(run.attempt(1).exit, ExitRecord(ExitKind.FAILED, "exit 1", 1.0, 1.0))
    return run


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No dispatcher is started."""
    monkeypatch.setattr(retry, "ensure_dispatcher", lambda runs_dir: None)


def test_a_forged_record_gets_no_other_process_signalled(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a")
    mark(run)
    lock = take_lock(run.alive_lock)
    with sleeper() as victim:
        write_record(run.attempt(1).process, record_of(victim.pid))
        assert stop_run(run, grace_seconds=0.0).endswith("stops at the next step, when it sees stop.json.")
        with pytest.raises(
            LaunchError, match=f"nothing is signalled: pid {victim.pid} does not carry this run's mark; "
        ):
            stop_run(run, grace_seconds=0.0)
        assert victim.poll() is None
    os.close(lock)
    assert read_record(run.stop, StopRequest) is not None


def test_stop_all_goes_on_after_a_run_that_it_may_not_signal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, queued = make_run(tmp_path, "a"), make_run(tmp_path, "b")
    lock = take_lock(run.alive_lock)
    with sleeper() as victim:
        write_record(run.attempt(1).process, record_of(victim.pid))
        write_record(run.stop, StopRequest("ann", 1.0, grace_seconds=0.0))
        assert main(["--runs-dir", str(tmp_path), "stop", "--all"]) == 1
        assert victim.poll() is None
    os.close(lock)
    said = capsys.readouterr()
    assert "b was queued and will not start" in said.out
    assert "does not carry this run's mark; " in said.err
    assert run_status(queued).phase is Phase.STOPPED


def test_retry_refuses_attempts_that_are_a_link_and_leaves_what_it_leads_to(tmp_path: Path, alone: None) -> None:
    run = failed(make_run(tmp_path, "a"))
    elsewhere = tmp_path / "elsewhere"
    run.attempts_dir.rename(elsewhere)
    run.attempts_dir.symlink_to(elsewhere)
    with pytest.raises(LaunchError, match=rf"^{run.attempts_dir}: is a symbolic link, not a folder\. Move it away\.$"):
        retry_run(run)
    assert [path.name for path in elsewhere.iterdir()] == ["1"]
    run.attempts_dir.unlink()
    run.attempts_dir.touch()
    with pytest.raises(LaunchError, match=rf"^{run.attempts_dir}: is a file, not a folder"):
        retry_run(run)


def test_retry_refuses_a_last_attempt_that_is_a_link(tmp_path: Path, alone: None) -> None:
    run = failed(make_run(tmp_path, "a"))
    write_record(run.stop, StopRequest("ann", 1.0))
    elsewhere = tmp_path / "elsewhere"
    run.attempt(1).path.rename(elsewhere)
    run.attempt(1).path.symlink_to(elsewhere)
    with pytest.raises(LaunchError, match=r"/attempts/1: is no folder, or a link to one\. Move it away\.$"):
        retry_run(run)
    assert [path.name for path in elsewhere.iterdir()] == ["exit.json"]
    assert [path.name for path in run.attempts_dir.iterdir()] == ["1"]


def test_an_order_on_a_run_folder_that_is_a_link_is_refused(tmp_path: Path, alone: None) -> None:
    run = failed(make_run(tmp_path, "a"))
    link = RunFolder(tmp_path / "link")
    link.path.symlink_to(run.path)
    for order in (stop_run, retry_run, hold_run):
        with pytest.raises(LaunchError, match=rf"^{link.path}: is a symbolic link, not a folder\. Move it away\.$"):
            order(link)
    assert sorted(path.name for path in run.path.iterdir()) == [
        "attempts",
        "environment.json",
        "signature.json",
        "spec.json",
    ]


def test_orders_name_the_user_and_the_real_path(tmp_path: Path, alone: None) -> None:
    run = failed(make_run(tmp_path, "a"))
    assert retry_run(run, by="bob") == "a is queued again."
    record = read_record(run.attempt(2).retry, RetryRecord)
    assert record is not None
    assert record.by == "bob"
    hold_run(run, by="bob")
    assert run_status(run).cause == "held by bob"
    run.place.unlink()
    run.place.mkdir()
    with pytest.raises(LaunchError, match=rf"a is unreadable: {run.place}: "):
        hold_run(run)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_retry_writes_nothing_into_attempts_that_another_user_put_there(tmp_path: Path, alone: None) -> None:
    run = failed(make_run(tmp_path, "a"))
    os.chown(run.attempts_dir, 61_234, 61_234)
    with pytest.raises(LaunchError, match=r"^a is not tried again: attempts belongs to user 61234: move it out of "):
        retry_run(run)
    assert [path.name for path in run.attempts_dir.iterdir()] == ["1"]


def test_queued_runs_are_stopped_first_and_a_refusal_stops_no_other(tmp_path: Path) -> None:
    over, queued = failed(make_run(tmp_path, "a")), make_run(tmp_path, "b")
    alive = make_run(tmp_path, "c")
    lock = take_lock(alive.alive_lock)
    write_record(alive.attempt(1).process, record_of(os.getpid()))
    mine = take_lock(alive.supervisor_lock)
    states = Catalog(tmp_path).refresh()
    assert [state.run_id for state in filter(can_stop, states)] == [queued.run_id, alive.run_id]
    done = stop_all(states, why="enough")
    assert [(stopped.run_id, stopped.is_refused) for stopped in done] == [
        (queued.run_id, False),
        (over.run_id, True),
        (alive.run_id, False),
    ]
    assert "there is nothing to stop" in done[1].words
    request = read_record(alive.stop, StopRequest)
    assert request is not None
    assert request.why == "enough"
    os.close(lock)
    os.close(mine)


def test_runs_that_wait_for_tuning_runs_are_stopped_before_these(tmp_path: Path) -> None:
    """Else the dispatcher would train them by the scores that are there."""
    make_run(tmp_path, "a", trial={"values": {"lr": 1}})
    make_run(tmp_path, "b", tune={"trials": ["a"]})
    make_run(tmp_path, "c", trial={"values": {"lr": 2}})
    assert [stopped.run_id for stopped in stop_all(Catalog(tmp_path).refresh())] == ["b", "a", "c"]


def test_an_unsupervised_trainer_of_another_is_signalled_by_its_identity(lab: Lab, queued: Any) -> None:
    run = queued(seconds=60)
    supervisor = lab.supervise(run)
    pid = stub(run)["pid"]
    process(run)
    supervisor.kill()
    supervisor.wait()
    assert f"pid {pid}) was sent SIGTERM" in stop_run(run)
    wait_until(lambda: gone(pid), "the trainer to end")


def test_a_trainer_without_a_supervisor_that_outlives_its_grace_is_killed(lab: Lab, queued: Any) -> None:
    run = queued(seconds=60, ignore_term=True)
    supervisor = lab.supervise(run)
    pid = stub(run)["pid"]
    process(run)
    supervisor.kill()
    supervisor.wait()
    assert "was sent SIGTERM" in stop_run(run, grace_seconds=0)
    assert not gone(pid)
    assert f"pid {pid}) is killed" in stop_run(run)
    wait_until(lambda: gone(pid), "the trainer to end")


@pytest.fixture
def unreadable(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From the call on the disk of the runs fails."""

    def fail(path: Path, *_: object) -> bytes:
        raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN), str(path))

    return lambda: monkeypatch.setattr(read, "read_bounded", fail)


@pytest.mark.parametrize("state", ["RUNNING", "PENDING"])
def test_a_run_of_slurm_whose_folder_cannot_be_read_is_cancelled_by_its_comment(
    slurm: FakeSlurm, tmp_path: Path, unreadable: Callable[[], None], state: str
) -> None:
    run = queue_run(tmp_path / "runs", "r", engine="slurm", format=2, slurm={"cluster": "lab"})
    slurm.shows("4710", "CANCELLED", "r", submitted="5")
    slurm.shows("4711", state, "r", node="lab1" if state == "RUNNING" else "")
    slurm.shows("4712", "RUNNING", "another")
    unreadable()
    said = stop_run(run)
    where = " on lab1" if state == "RUNNING" else ""
    assert said.startswith(
        f"r: its job 4711{where} is cancelled by Slurm, for it cannot be asked to stop in its folder: "
    )
    assert said.endswith("spec.json: cannot be read (Transport endpoint is not connected).")
    assert [call["argv"] for call in slurm.calls("scancel")] == [["scancel", "4711"]]


def test_a_run_whose_folder_cannot_be_read_and_that_slurm_does_not_know_is_not_stopped(
    slurm: FakeSlurm, tmp_path: Path, unreadable: Callable[[], None]
) -> None:
    run = queue_run(tmp_path / "runs", "r")
    unreadable()
    with pytest.raises(LaunchError, match=r"is unreadable: .*cannot be read"):
        stop_run(run)
    assert slurm.calls("scancel") == []


def test_a_request_that_cannot_be_written_stops_a_job_all_the_same(
    slurm: FakeSlurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path, *_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    run = queue_run(tmp_path / "runs", "r", engine="slurm", format=2, slurm={"cluster": "lab"})
    slurm.shows("4711", "RUNNING", "r", node="lab1")
    monkeypatch.setattr(stop, "write_record", fail)
    assert "its job 4711 on lab1 is cancelled by Slurm" in stop_run(run)


def test_a_folder_of_runs_that_cannot_be_listed_is_passed_over_for_a_run_that_is_named(
    slurm: FakeSlurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = queue_run(tmp_path / "runs", "r", engine="slurm", format=2, slurm={"cluster": "lab"})
    slurm.shows("4711", "RUNNING", "r", node="lab1")

    def fail(_of: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(run.runs_dir))

    monkeypatch.setattr(Catalog, "refresh", fail)
    monkeypatch.setattr(as_owner, "held", fail)
    assert main(["--runs-dir", str(run.runs_dir), "stop", "r"]) == 0
    assert capsys.readouterr().out.startswith("r: its job 4711 on lab1 is cancelled by Slurm")
    assert main(["--runs-dir", str(run.runs_dir), "stop", "--all"]) == 4
