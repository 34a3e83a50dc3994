"""Orders on runs of Slurm: what is written, what Slurm is told, and what happens while it is silent."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.errors import LaunchError, PlanError
from iqa_tui.plans.plan import plan_from
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.queue import submitting
from iqa_tui.queue.backlog import Backlog
from iqa_tui.queue.check import check
from iqa_tui.queue.dispatching import revive_dispatcher
from iqa_tui.queue.enqueue import enqueue
from iqa_tui.queue.hold import hold_run, prioritise_run, release_run
from iqa_tui.queue.queued_run import QueuedRun
from iqa_tui.queue.retry import retry_run
from iqa_tui.queue.stop import stop_run
from iqa_tui.queue.waits import waits_of
from iqa_tui.slurm import ask as ask_module
from iqa_tui.slurm import look as look_module
from iqa_tui.slurm.look import look
from tests.fakes.slurm import FakeSlurm, slurm
from tests.fakes.surveys import one_gpu
from tests.fakes.tuned_plan import tuned_plan
from training.runfolder.errors import RunFolderError
from training.runfolder.exits import ExitKind
from training.runfolder.folders import list_runs
from training.runfolder.job import JobRecord
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import Environment, ExitRecord, Place, ProcessRecord, StopRequest
from training.runfolder.write import write_record

__all__ = ["slurm"]
CONTENT: dict[str, Any] = {
    "name": "p",
    "command": ["true"],
    "slurm": {"partition": "gpu", "pass": ["HF_HOME"]},
    "experiment": [{"id": "A", "priority": "low"}, {"id": "B", "priority": "high", "slurm": {"time": 30, "gres": ""}}],
}


@pytest.fixture(autouse=True)
def _each_question_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_module, "JUST_NOW_SECONDS", -1.0)
    monkeypatch.setattr(ask_module._Heard, "silent", float("-inf"))


def launch(folder: Path, **changes: Any) -> list[RunFolder]:
    request = LaunchRequest(plan_from(CONTENT, "p.toml"), runs_dir=folder / "runs", engine="slurm", **changes)
    check(request)
    return enqueue(request)


def job(run: RunFolder, attempt: int = 1) -> str:
    record = read_record(run.attempt(attempt).job, JobRecord)
    return record.job if record is not None else ""


def test_a_launch_submits_by_priority_with_what_each_row_asks_for(
    slurm: FakeSlurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", "/hf")
    monkeypatch.setenv("SECRET", "x")
    monkeypatch.setenv("SLURM_CONF", "/etc/other.conf")
    low, high = launch(tmp_path)
    assert (job(low), job(high)) == ("4712", "4711")
    spec = read_spec(high)
    assert (spec.engine, spec.format, spec.device_kind, spec.devices) == ("slurm", 2, "cpu", None)
    assert spec.slurm == {
        "partition": "gpu",
        "time": 30,
        "gres": "",
        "lead": 120,
        "pass": ["HF_HOME"],
        "cluster": "lab",
    }
    environment = read_record(low.environment, Environment)
    assert environment is not None
    state = os.environ["IQA_TUI_STATE"]
    kept = {name: environment.variables[name] for name in environment.variables if name != "XDG_STATE_HOME"}
    assert kept.pop("IQA_TUI_SLURM") == str(slurm._folder)  # for orders from a shell that has another PATH
    assert kept == {"HF_HOME": "/hf", "SLURM_CONF": "/etc/other.conf", "IQA_TUI_STATE": state}
    assert len(slurm.calls("sbatch", "--test-only")) == 2


def test_a_tuned_run_of_several_gpus_depends_on_the_jobs_of_its_tuning_runs(slurm: FakeSlurm, tmp_path: Path) -> None:
    plan = tuned_plan(tmp_path, "[tune]", '[slurm]\ngres = "gpu:2"\n[tune]')
    plan = replace(plan, experiments=tuple(replace(each, gpus=2) for each in plan.experiments))
    runs = enqueue(LaunchRequest(plan, ("F1",), runs_dir=tmp_path / "runs", engine="slurm"), {})
    assert [read_spec(run).engine for run in runs] == ["slurm"] * 3
    assert [job(run) for run in runs] == ["4711", "4712", "4713"]
    last = slurm.calls("sbatch", "--parsable")[-1]
    assert "--dependency=afterany:4711:4712" in last["argv"]


def test_what_slurm_refuses_is_refused_before_a_run_is_queued(slurm: FakeSlurm, tmp_path: Path) -> None:
    slurm.answers("sbatch", "--test-only", err="allocation failure: Invalid account\n", code=1)
    with pytest.raises(PlanError, match=r"A: Slurm refuses it: Invalid account \(account\)\. No run is queued"):
        launch(tmp_path)
    assert not (tmp_path / "runs").exists()


def test_options_of_the_other_engine_are_refused(slurm: FakeSlurm, tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="--devices: Slurm gives the devices: set gres"):
        launch(tmp_path, devices=("0",))
    with pytest.raises(PlanError, match="--slurm partition=…: add --engine slurm"):
        check(LaunchRequest(plan_from(CONTENT, "p.toml"), runs_dir=tmp_path, slurm={"partition": "gpu"}))


def test_an_outage_while_runs_are_submitted_leaves_them_queued_for_any_later_command(
    slurm: FakeSlurm, tmp_path: Path
) -> None:
    slurm.answers("sbatch", "--parsable", err="sbatch: error: Unable to contact slurm controller\n", code=1)
    with pytest.raises(LaunchError, match="0 of 2 runs are submitted"):
        launch(tmp_path)
    runs_dir = tmp_path / "runs"
    assert len(Backlog(runs_dir, own_only=True).read().unsubmitted) == 2
    (slurm._folder / "sbatch_--parsable.json").unlink()
    assert not revive_dispatcher(runs_dir)
    assert [job(run) for run, _ in Backlog(runs_dir).read().unsubmitted] == []
    assert len(slurm.calls("sbatch", "--parsable")) == 3


def test_no_local_dispatcher_sees_them(slurm: FakeSlurm, tmp_path: Path) -> None:
    launch(tmp_path)
    waiting = Backlog(tmp_path / "runs", own_only=True).read()
    assert (waiting.queued, waiting.resumable, waiting.alive) == ((), (), ())


def test_a_limit_of_how_many_may_wait_is_no_error_and_stands_in_the_row(slurm: FakeSlurm, tmp_path: Path) -> None:
    low, high = launch(tmp_path)
    slurm.answers("sbatch", "--parsable", err="sbatch: error: Job violates accounting/QOS policy\n", code=1)
    low.attempt(1).job.unlink()
    revive_dispatcher(tmp_path / "runs")
    slurm.shows(job(high), "PENDING", high.run_id, reason="Resources")
    look(at_once=True)
    waits = waits_of([QueuedRun(run, read_spec(run)) for run in (low, high)], one_gpu(0))
    assert waits[low.run_id].words == "Slurm refuses it: Job violates accounting/QOS policy (qos or account)"
    assert waits[high.run_id].words == "waits for a node"


def test_a_queued_run_is_cancelled_and_a_running_one_is_told(slurm: FakeSlurm, tmp_path: Path) -> None:
    low, high = launch(tmp_path)
    slurm.shows(job(low), "PENDING", low.run_id)
    slurm.shows(job(high), "RUNNING", high.run_id, node="lab1")
    assert stop_run(low) == f"{low.run_id} is asked to stop: job 4712 waited and is cancelled."
    assert slurm.calls("scancel")[-1]["argv"] == ["scancel", "4712"]
    assert "job 4711 on lab1 is told; what is left of it after 60 s is ended" in stop_run(high)
    assert slurm.calls("scancel")[-1]["argv"] == ["scancel", "--batch", "--signal=TERM", "4711"]
    assert low.stop.exists()
    assert high.stop.exists()


def test_a_job_that_is_ending_is_left_alone_and_finds_the_request_if_it_begins_again(
    slurm: FakeSlurm, tmp_path: Path
) -> None:
    _, high = launch(tmp_path)
    slurm.shows(job(high), "COMPLETING", high.run_id, node="lab1")
    assert "job 4711 is ending, and begins nothing any more; what is left" in stop_run(high)
    assert high.stop.exists()
    assert slurm.calls("scancel") == []


def test_while_slurm_is_silent_the_request_is_enough_and_slurm_is_told_later(slurm: FakeSlurm, tmp_path: Path) -> None:
    low, _ = launch(tmp_path)
    slurm.shows(job(low), "PENDING", low.run_id)
    look(at_once=True)
    slurm.is_silent()
    assert "Slurm will be told once it answers" in stop_run(low)
    assert low.stop.exists()
    slurm.is_well()
    slurm.shows(job(low), "PENDING", low.run_id)
    look(at_once=True)
    revive_dispatcher(tmp_path / "runs")
    assert slurm.calls("scancel")[-1]["argv"] == ["scancel", job(low)]


def test_a_job_that_outlives_the_grace_is_cancelled_whole(slurm: FakeSlurm, tmp_path: Path) -> None:
    _, high = launch(tmp_path)
    slurm.shows(job(high), "RUNNING", high.run_id)
    look(at_once=True)
    write_record(high.stop, StopRequest("ann", time.time(), grace_seconds=60.0))
    revive_dispatcher(tmp_path / "runs")
    assert slurm.calls("scancel") == []
    write_record(high.stop, StopRequest("ann", time.time() - 100, grace_seconds=60.0))
    revive_dispatcher(tmp_path / "runs")
    assert slurm.calls("scancel")[-1]["argv"] == ["scancel", job(high)]


def test_hold_release_and_priority_are_slurms_and_the_folders(slurm: FakeSlurm, tmp_path: Path) -> None:
    low, _ = launch(tmp_path)
    slurm.shows(job(low), "PENDING", low.run_id)
    hold_run(low)
    prioritise_run(low, "high")
    release_run(low)
    orders = [call["argv"] for call in slurm.calls("scontrol")][-3:]
    assert orders == [
        ["scontrol", "hold", "4712"],
        ["scontrol", "update", "JobId=4712", "Nice=0"],
        ["scontrol", "release", "4712"],
    ]
    place = read_record(low.place, Place)
    assert place is not None
    assert (place.held, place.priority) == (False, "high")


@pytest.mark.parametrize("shown_of", ["another run", ""])
def test_a_number_that_slurm_gave_to_another_job_is_never_ordered(
    slurm: FakeSlurm, tmp_path: Path, shown_of: str
) -> None:
    low, _ = launch(tmp_path)
    if shown_of:
        slurm.shows(job(low), "PENDING", shown_of)
    said = [hold_run(low), prioritise_run(low, "high"), release_run(low)]
    assert all(words.endswith(f"But Slurm was not told: it shows no job {job(low)} of this run") for words in said)
    assert [call for call in slurm.calls("scontrol") if call["argv"][1:2] != ["show"]] == []  # type: ignore[index]


@pytest.mark.parametrize("number", ["--me", "4711,4712", "47 11", "\u0664"])
def test_what_is_no_number_of_a_job_is_no_record(slurm: FakeSlurm, tmp_path: Path, number: str) -> None:
    low, _ = launch(tmp_path)
    path = low.attempt(1).job
    path.write_text(path.read_text().replace(f'"{job(low)}"', f'"{number}"'))
    with pytest.raises(RunFolderError, match="must be the number of a job"):
        read_record(path, JobRecord)


def test_a_refused_order_says_so(slurm: FakeSlurm, tmp_path: Path) -> None:
    low, _ = launch(tmp_path)
    slurm.shows(job(low), "PENDING", low.run_id)
    slurm.answers("scontrol", "hold", err="Access/permission denied for job 4712\n", code=1)
    assert hold_run(low).endswith("But Slurm was not told: Access/permission denied for job 4712")


def test_an_app_that_looks_again_and_again_does_not_wait_for_slurm(
    slurm: FakeSlurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch(tmp_path)
    runs_dir = tmp_path / "runs"
    for run in list_runs(runs_dir):
        run.attempt(1).job.unlink()
    answers, called = threading.Event(), threading.Semaphore(0)

    def waits_for_slurm(*_: object) -> None:
        called.release()
        answers.wait(30)

    monkeypatch.setattr(submitting, "see_to", waits_for_slurm)
    backlog = Backlog(runs_dir, own_only=True)
    assert not revive_dispatcher(runs_dir, backlog)
    assert called.acquire(timeout=30)
    assert not revive_dispatcher(runs_dir, backlog)
    assert not called.acquire(blocking=False), "one thread sees to them, not one more at each look"
    assert submitting._Seeing.thread is not None
    answers.set()
    submitting._Seeing.thread.join(30)


def test_a_retry_is_another_attempt_with_another_job(slurm: FakeSlurm, tmp_path: Path) -> None:
    low, _ = launch(tmp_path)
    slurm.shows(job(low), "FAILED", low.run_id)
    write_record(low.attempt(1).process, ProcessRecord("b", 1, 1, "lab1", 0.0, supervisor_pid=1))
    write_record(low.attempt(1).exit, ExitRecord(ExitKind.FAILED, "exit 1", 0.0, 1.0))
    assert retry_run(low) == f"{low.run_id} is queued again as job 4713."
    assert (job(low), job(low, 2)) == ("4712", "4713")


@pytest.mark.parametrize(("state", "reason"), [("FAILED", "JobLaunchFailure"), ("CANCELLED", "None")])
def test_a_run_whose_job_ended_before_it_began_gets_another_job(
    slurm: FakeSlurm, tmp_path: Path, state: str, reason: str
) -> None:
    low, _ = launch(tmp_path)
    slurm.shows(job(low), state, low.run_id, reason=reason)
    assert retry_run(low) == f"{low.run_id} is queued again as job 4713."
    assert (job(low), job(low, 2)) == ("4712", "4713")


def test_a_living_run_is_not_tried_again(slurm: FakeSlurm, tmp_path: Path) -> None:
    low, _ = launch(tmp_path)
    slurm.shows(job(low), "RUNNING", low.run_id, node="lab1")
    with pytest.raises(LaunchError, match="only a run that ended"):
        retry_run(low)
