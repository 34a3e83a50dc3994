"""A run that ended is tried again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from iqa_tui.devices.lease import Holder, take_lease
from iqa_tui.errors import LaunchError
from iqa_tui.queue import retry
from iqa_tui.queue.retry import retry_run
from iqa_tui.queue.stop import stop_run
from iqa_tui.slurm import ask, look
from tests.fakes.lab import (
    Lab,
    state,
    stub,
    wait_for,
    wait_for_end,
    wait_until,
)
from tests.fakes.runs import fail_run, queue_experiment, queue_run
from tests.fakes.slurm import FakeSlurm, slurm
from training.runfolder.exits import ExitKind
from training.runfolder.job import JobRecord
from training.runfolder.phase import Phase
from training.runfolder.schema import ExitRecord, StopRequest
from training.runfolder.write import write_record, write_record_once

__all__ = ["slurm"]


def test_a_failed_run_is_tried_again_in_an_attempt_of_its_own(lab: Lab) -> None:
    (run,) = lab.launch({"flags": {"exit": 3}})
    wait_for_end(run)
    assert "queued again" in retry_run(run)
    wait_until(run.attempt(2).exit.exists, "the second attempt to end")
    assert stub(run)["env"]["IQA_TUI_ATTEMPT"] == "2"
    assert run.attempt(1).exit.exists()


def test_a_stopped_run_is_tried_again_without_its_old_stop(lab: Lab) -> None:
    (run,) = lab.launch({"flags": {"until": str(lab.folder / "go")}})
    stub(run)
    stop_run(run)
    wait_for_end(run)
    (lab.folder / "go").touch()
    retry_run(run)
    wait_for(run, Phase.FINISHED)
    assert (run.attempt(1).path / "stop.json").exists()


def test_a_run_stopped_before_it_started_can_be_tried_again(lab: Lab) -> None:
    lease = take_lease("cpu-0", Holder("ann", "hers"))
    (run,) = lab.launch({})
    stop_run(run)
    assert state(run) is Phase.STOPPED
    os.close(lease)
    retry_run(run)
    wait_for(run, Phase.FINISHED)


@pytest.mark.parametrize(("trainer", "is_said"), [("training", True), ("command", False)])
def test_a_checkpoint_is_promised_only_of_our_trainer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trainer: str, is_said: bool
) -> None:
    monkeypatch.setattr(retry, "ensure_dispatcher", lambda _folder: None)
    run = fail_run(queue_experiment(tmp_path, "F2", trainer=trainer), "exit 1")
    run.checkpoints.mkdir()
    run.last_checkpoint.touch()
    said = retry_run(run)
    assert said.startswith(f"{run.run_id} is queued again.")
    assert ("It goes on from its last checkpoint." in said) is is_said


def test_a_run_is_not_tried_again_while_its_job_may_go_on_by_itself(
    slurm: FakeSlurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "JUST_NOW_SECONDS", -1.0)  # each question is asked
    monkeypatch.setattr(ask._Heard, "silent", float("-inf"))
    run = queue_run(tmp_path / "runs", "r", engine="slurm", format=2, slurm={"cluster": "lab"})
    write_record_once(run.attempt(1).job, JobRecord("4711", "lab", 0.0, "ann", ["--x"]))
    slurm.shows("4711", "COMPLETING", "r")
    write_record(run.attempt(1).exit, ExitRecord(ExitKind.STOPPED, "stopped by Slurm", 0.0, 1.0))
    with pytest.raises(LaunchError, match=r"its job 4711 is not over in Slurm \(completing\) and may go on by itself"):
        retry_run(run)
    slurm.is_silent()
    with pytest.raises(LaunchError, match="Slurm does not answer, and its job 4711 was not over when it did"):
        retry_run(run)
    assert not run.attempt(2).path.exists()
    write_record(run.stop, StopRequest("ann", 0.0))  # a job that its user stopped begins nothing any more
    assert "is queued again, and not submitted yet" in retry_run(run)
