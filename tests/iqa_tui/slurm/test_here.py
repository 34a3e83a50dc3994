"""Two clusters on whose login nodes one home and one folder of runs are."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from iqa_tui.errors import LaunchError
from iqa_tui.plans.plan import plan_from
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.queue.check import check
from iqa_tui.queue.enqueue import enqueue
from iqa_tui.queue.hold import hold_run
from iqa_tui.queue.queued_run import QueuedRun
from iqa_tui.queue.retry import retry_run
from iqa_tui.queue.stop import stop_run
from iqa_tui.queue.submitting import see_to
from iqa_tui.queue.waits import waits_of
from iqa_tui.slurm import here
from iqa_tui.slurm import look as look_module
from iqa_tui.slurm.answers import last_answers
from iqa_tui.slurm.here import cluster, is_elsewhere, known_cluster
from iqa_tui.slurm.look import Asked, look
from tests.fakes.slurm import FakeSlurm, slurm
from tests.fakes.surveys import one_gpu
from training.runfolder.job import GONE_SECONDS, JobRecord
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.read import read_record, read_spec
from training.runfolder.status import run_status

__all__ = ["slurm"]


@pytest.fixture
def run(slurm: FakeSlurm, tmp_path: Path) -> RunFolder:
    """Queued on the cluster `lab`, whose controller shows its job."""
    content = {"name": "p", "command": ["true"], "experiment": [{"id": "A"}]}
    request = LaunchRequest(plan_from(content, "p.toml"), runs_dir=tmp_path / "runs", engine="slurm")
    check(request)
    (queued,) = enqueue(request)
    slurm.shows("4711", "PENDING", queued.run_id, reason="Resources")
    look(at_once=True)
    return queued


def read_job(run: RunFolder) -> JobRecord:
    found = read_record(run.attempt(1).job, JobRecord)
    assert found is not None
    return found


def log_in_to(name: str, slurm: FakeSlurm, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell on a machine of another cluster, which has no jobs of this user."""
    monkeypatch.setenv("SLURM_CONF", f"/etc/slurm/{name}.conf")
    slurm.answers("scontrol", "show", "config", out=f"ClusterName = {name}\nKillWait = 30 sec\n")
    slurm.shows_nothing()
    here.cluster.cache_clear()


def test_what_another_cluster_does_not_know_makes_no_run_lost(
    slurm: FakeSlurm, run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look_module, "JUST_NOW_SECONDS", -1.0)
    heard = time.time()
    log_in_to("other", slurm, monkeypatch)
    for minutes in (1, 3, 5):
        monkeypatch.setattr(time, "time", lambda minutes=minutes: heard + 60 * minutes + GONE_SECONDS)
        assert look(at_once=True).lines == {}
    status = run_status(run, slurm=Asked())
    assert status.phase is Phase.QUEUED
    (wait,) = waits_of([QueuedRun(run, read_spec(run))], one_gpu(0)).values()
    assert wait.why == "job 4711: its cluster lab is not asked from here"


def test_what_is_heard_on_a_cluster_counts_on_the_other_one_and_orders_do_not_go_there(
    slurm: FakeSlurm, run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in_to("other", slurm, monkeypatch)
    look(at_once=True)
    word = Asked().word_on(run.run_id, read_job(run))
    assert word.line is not None
    assert (word.line.state, word.cluster, word.is_fresh) == ("PENDING", "lab", True)
    slurm.shows("4711", "RUNNING", run.run_id)  # its number and, after a copy, its comment may be there as well
    look(at_once=True)
    assert "But Slurm was not told: job 4711 is of the cluster lab, and this machine asks other" in hold_run(run)
    done = stop_run(run, grace_seconds=0.0)
    assert "its job looks for the request all the time. Slurm is not told: job 4711 is of the cluster lab" in done
    assert "Give the order on a machine of lab." in done
    later = time.time() + 3600
    monkeypatch.setattr(time, "time", lambda: later)
    assert see_to([], [run]) == []
    with pytest.raises(LaunchError, match="not tried again: job 4711 is of the cluster lab"):
        retry_run(run)
    assert slurm.calls("scancel") == slurm.calls("scontrol", "hold") == []


def test_a_machine_knows_its_cluster_after_the_first_answer_and_asks_once(
    slurm: FakeSlurm, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert known_cluster() == ""
    assert not is_elsewhere("other"), "nothing is known yet"
    slurm.is_silent()
    assert "Unable to contact" in look(at_once=True).trouble
    slurm.is_well()
    slurm.shows("7", "RUNNING", "r")
    look(at_once=True)
    here.cluster.cache_clear()  # a program that is started later
    look(at_once=True)
    assert known_cluster() == "lab"
    assert not is_elsewhere("LAB"), "Slurm writes names in small letters"
    assert is_elsewhere("other")
    assert len(slurm.calls("scontrol", "show", "config")) == 2, "once while it was silent"
    log_in_to("other", slurm, monkeypatch)
    assert cluster().name == "other"
    assert last_answers() == last_answers("other")
    assert "7" in last_answers("lab").lines


def test_a_file_that_was_changed_by_hand_is_not_known(slurm: FakeSlurm) -> None:
    look(at_once=True)
    path = here.state_path() / here.FILE
    for content in ("[]", "{", '{"a": {}}'):
        path.write_text(content)
        assert known_cluster() == ""
