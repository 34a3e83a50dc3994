"""A run becomes one job: its command line, its script, its record, and never two of them."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.errors import LaunchError
from iqa_tui.slurm import submit as submit_module
from iqa_tui.slurm.ask import SlurmRefused, SlurmSilent
from iqa_tui.slurm.options import merged
from iqa_tui.slurm.refusals import refusal_noted
from iqa_tui.slurm.submit import job_name, submit
from iqa_tui.trust.signature import NotSigned
from tests.fakes.runs import make_run, queue_run
from tests.fakes.slurm import FakeSlurm, slurm
from training.runfolder.exits import ExitKind
from training.runfolder.job import JobRecord
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import ExitRecord, Place, RetryRecord, StopRequest
from training.runfolder.write import write_record, write_record_once

__all__ = ["slurm"]
OPTIONS = {**merged({"partition": "gpu", "setup": ["module load cuda"]}), "cluster": "lab"}


def queue(runs: Path, name: str = "r", **fields: Any) -> RunFolder:
    values = {
        "engine": "slurm",
        "format": 2,
        "slurm": OPTIONS,
        "cwd": "/work dir",
        "group": "losses epochs=1",
        **fields,
    }
    return queue_run(runs, name, **values)


def job(run: RunFolder, attempt: int = 1) -> JobRecord | None:
    return read_record(run.attempt(attempt).job, JobRecord)


def test_the_command_line_is_exact_and_the_record_keeps_it(slurm: FakeSlurm, tmp_path: Path) -> None:
    run = queue(tmp_path / "a%b", priority="high")
    assert submit(run, is_new=True) == "r is job 4711."
    (call,) = slurm.calls("sbatch")
    assert call["argv"] == [
        "sbatch",
        "--parsable",
        "--job-name=iqa-losses_epochs=1",
        "--comment=iqa-tui:r",
        "--requeue",
        "--open-mode=append",
        f"--output={tmp_path}/a%%b/r/slurm.out",
        "--export=NIL",
        "--signal=B:USR1@120",
        "--chdir=/work dir",
        "--nice=0",
        "--partition=gpu",
        "--gres=gpu:1",
    ]
    record = job(run)
    assert record is not None
    assert (record.job, record.cluster, record.kill_wait_seconds) == ("4711", "lab", 30.0)
    assert ["sbatch", *record.arguments] == call["argv"]


def test_the_script_names_the_bytes_that_may_be_executed(slurm: FakeSlurm, tmp_path: Path) -> None:
    run = queue(tmp_path)
    submit(run, is_new=True)
    script = str(slurm.calls("sbatch")[0]["given"]).splitlines()
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (run.spec, run.environment)]
    assert script[0] == "#!/bin/bash"
    assert script[-2] == "module load cuda"
    assert script[-1] == (
        f"exec {sys.executable} -m iqa_tui.service.supervisor {run.path} --slurm "
        f"--spec-sha256 {digests[0]} --environment-sha256 {digests[1]}"
    )


def test_no_variable_of_the_shell_changes_the_job(
    slurm: FakeSlurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SBATCH_PARTITION", "SLURM_JOB_ID", "SLURM_CONF"):
        monkeypatch.setenv(name, "x")
    submit(queue(tmp_path), is_new=True)
    assert slurm.calls("sbatch")[0]["names"] == ["SLURM_CONF", "SLURM_TIME_FORMAT"]


def test_a_group_run_one_at_a_time_depends_on_its_name_and_priorities_on_the_jobs_before(
    slurm: FakeSlurm, tmp_path: Path
) -> None:
    submit(queue(tmp_path, "one", strategy="sequential", group="g"), is_new=True)
    assert "--dependency=singleton" in slurm.calls("sbatch")[-1]["argv"]  # type: ignore[operator]
    high, other = queue(tmp_path, "h", priority="high"), queue(tmp_path, "o", priority="high", group="another")
    over = queue(tmp_path, "s", priority="high")
    for run in (high, other, over):
        submit(run, is_new=True)
    write_record(over.stop, StopRequest("ann", 0.0))
    low = queue(tmp_path, "l", priority="low", strategy="priority")
    submit(low, is_new=True)
    record = job(high)
    assert record is not None
    argv = slurm.calls("sbatch")[-1]["argv"]
    assert f"--dependency=afterany:{record.job}" in argv  # type: ignore[operator]
    assert "--nice=200" in argv  # type: ignore[operator]


def test_a_job_that_was_submitted_and_not_recorded_is_found_by_its_comment(slurm: FakeSlurm, tmp_path: Path) -> None:
    run = queue(tmp_path)
    slurm.shows("99", "CANCELLED", "r")
    slurm.shows("100", "RUNNING", "r")
    slurm.shows("101", "RUNNING", "another")
    assert submit(run) == "r: its job 100 was there already."
    record = job(run)
    assert record is not None
    assert record.job == "100"
    assert slurm.calls("sbatch") == []


def test_the_job_of_an_earlier_attempt_is_not_that_of_a_retry_but_that_of_a_requeue(
    slurm: FakeSlurm, tmp_path: Path
) -> None:
    run = queue(tmp_path)
    submit(run, is_new=True)
    write_record(run.attempt(2).retry, RetryRecord("ann", 0.0, "failed"))
    slurm.shows("4711", "COMPLETING", "r")
    assert submit(run) == "r is job 4712."
    write_record(run.attempt(3).retry, RetryRecord("Slurm", 0.0, "node", automatic=True))
    slurm.shows("4712", "RUNNING", "r")
    assert submit(run) == "r: its job 4712 was there already."


def test_nothing_is_submitted_while_it_is_not_known_whether_a_job_is_there(slurm: FakeSlurm, tmp_path: Path) -> None:
    run = queue(tmp_path)
    submit_module.cluster()
    slurm.answers("squeue", err="squeue: error: Unable to contact slurm controller\n", code=1)
    with pytest.raises(SlurmSilent):
        submit(run)
    assert slurm.calls("sbatch") == []
    assert refusal_noted(run).startswith("Unable to contact slurm controller")


def test_a_run_has_one_job_even_if_two_programs_submit_it(
    slurm: FakeSlurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = queue(tmp_path)

    def faster(path: Path, record: JobRecord) -> bool:
        assert write_record_once(path, JobRecord("7", "lab", 0.0, "ann"))
        return write_record_once(path, record)

    monkeypatch.setattr(submit_module, "write_record_once", faster)
    assert submit(run, is_new=True) == "r is job 7; job 4711, submitted at the same moment, is cancelled."
    assert slurm.calls("scancel")[0]["argv"] == ["scancel", "4711"]
    record = job(run)
    assert record is not None
    assert record.job == "7"


@pytest.mark.parametrize("how", ["stopped", "held", "submitted"])
def test_what_does_not_wait_for_a_job_gets_none(slurm: FakeSlurm, tmp_path: Path, how: str) -> None:
    run = queue(tmp_path)
    if how == "stopped":
        write_record(run.stop, StopRequest("ann", 0.0))
    elif how == "held":
        write_record(run.place, Place("ann", 0.0, held=True))
    else:
        assert write_record_once(run.attempt(1).job, JobRecord("7", "lab", 0.0, "ann"))
    assert submit(run) == ""
    assert slurm.calls("sbatch") == []


@pytest.mark.parametrize("comes_back", [True, False])
def test_a_run_that_slurm_put_back_into_the_queue_still_goes_first(
    slurm: FakeSlurm, tmp_path: Path, comes_back: bool
) -> None:
    high, low = queue(tmp_path, "h", priority="high"), queue(tmp_path, "l", priority="low", strategy="priority")
    submit(high, is_new=True)
    write_record(high.attempt(1).exit, ExitRecord(ExitKind.STOPPED, "so", 0.0, 1.0, comes_back=comes_back))
    submit(low, is_new=True)
    record = job(high)
    assert record is not None
    line = slurm.calls("sbatch")[-1]["argv"]
    assert (f"--dependency=afterany:{record.job}" in line) is comes_back  # type: ignore[operator]


def test_only_what_its_owner_signed_is_submitted(slurm: FakeSlurm, tmp_path: Path) -> None:
    run = queue(tmp_path)
    run.spec.write_text(run.spec.read_text().replace('"true"', '"false"'))
    with pytest.raises(NotSigned, match=r"spec\.json was changed"):
        submit(run)
    unsigned = make_run(tmp_path, "u", engine="slurm", format=2, slurm=OPTIONS)
    with pytest.raises(NotSigned):
        submit(unsigned)
    assert slurm.calls("sbatch") == []


def test_a_run_of_another_cluster_is_left_to_it(slurm: FakeSlurm, tmp_path: Path) -> None:
    run = queue(tmp_path, slurm={**OPTIONS, "cluster": "other"})
    with pytest.raises(LaunchError, match="queued for the cluster other, and this one is lab"):
        submit(run)


def test_a_refusal_is_said_with_its_key_and_forgotten_once_a_job_is_there(slurm: FakeSlurm, tmp_path: Path) -> None:
    run = queue(tmp_path)
    slurm.answers("sbatch", err="sbatch: error: x\nsbatch: error: Invalid partition name specified\n", code=1)
    with pytest.raises(SlurmRefused):
        submit(run, is_new=True)
    assert refusal_noted(run) == "Slurm refuses it: Invalid partition name specified (partition = 'gpu')"
    slurm.is_well()
    submit(run)
    assert refusal_noted(run) == ""


def test_a_group_of_any_name_is_a_name_for_jobs() -> None:
    assert job_name("losses lr=1e-5 über") == "iqa-losses_lr=1e-5_ber"


def test_a_spec_of_slurm_says_that_older_programs_must_not_start_it(slurm: FakeSlurm, tmp_path: Path) -> None:
    assert read_spec(queue(tmp_path)).format == 2
