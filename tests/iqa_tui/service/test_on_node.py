"""The supervisor as a job of Slurm, in a process of its own: which attempt it makes, what its signals mean."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.fakes.slurm import FakeSlurm, slurm
from tests.fakes.slurm_job import Start, queue, start, wait_for
from training.runfolder.exits import ExitKind
from training.runfolder.job import JobRecord
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import ExitRecord, Owner, ProcessRecord, RetryRecord, StopRequest
from training.runfolder.write import make_folder, write_record

__all__ = ["slurm", "start"]


def exit_record(run: RunFolder, attempt: int = 1) -> ExitRecord:
    record = read_record(run.attempt(attempt).exit, ExitRecord)
    assert record is not None
    return record


def test_a_run_finishes_with_the_devices_that_slurm_gave(start: Start, tmp_path: Path) -> None:
    run = queue(tmp_path, env={"HF_HOME": "/hf"})
    assert start(run).wait(30) == 0
    assert exit_record(run).kind is ExitKind.FINISHED
    process = read_record(run.attempt(1).process, ProcessRecord)
    owner = read_record(run.owner, Owner)
    assert process is not None
    assert owner is not None
    assert [(device["key"], device["index"]) for device in process.devices] == [("lab1:1", 1)]
    assert (owner.job, owner.restart) == ("4711", 0)
    assert json.loads((run.path / "seen.json").read_text()) == {
        "CUDA_VISIBLE_DEVICES": "0",
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
        "OMP_NUM_THREADS": "3",
        "HF_HOME": "/hf",
        "SETUP": "done",
        "IQA_TUI_DEVICE": "cuda",
    }


def test_a_run_that_was_to_get_a_gpu_and_got_none_fails_in_words(start: Start, tmp_path: Path) -> None:
    run = queue(tmp_path)
    assert start(run, CUDA_VISIBLE_DEVICES="", SLURM_JOB_GPUS="").wait(30) == 1
    assert exit_record(run).cause == "Slurm gave no GPU on lab1: gres = 'gpu:1'"
    assert not (run.path / "seen.json").exists()


def test_bytes_that_were_changed_after_the_submission_are_not_executed(start: Start, tmp_path: Path) -> None:
    run = queue(tmp_path)
    submitted = run.spec.read_bytes()
    run.spec.write_bytes(submitted.replace(b'"quick"', b'"other"'))
    process = start(run, submitted)
    assert process.wait(30) == 1
    assert process.stderr is not None
    assert b"was changed after the run was submitted" in process.stderr.read()
    assert not (run.path / "seen.json").exists()


@pytest.mark.parametrize("why", ["another job", "stopped", "finished"])
def test_a_job_with_nothing_to_do_ends_well(start: Start, tmp_path: Path, why: str) -> None:
    run = queue(tmp_path)
    if why == "stopped":
        write_record(run.stop, StopRequest("ann", 0.0))
    elif why == "finished":
        write_record(run.attempt(1).exit, ExitRecord(ExitKind.FINISHED, "", 0.0, 1.0))
    assert start(run, SLURM_JOB_ID="4712" if why == "another job" else "4711").wait(30) == 0
    assert not (run.path / "seen.json").exists()


def test_a_job_that_no_record_names_claims_its_run(start: Start, tmp_path: Path) -> None:
    run = queue(tmp_path)
    run.attempt(1).job.unlink()
    assert start(run).wait(30) == 0
    record = read_record(run.attempt(1).job, JobRecord)
    assert record is not None
    assert (record.job, record.by) == ("4711", "Slurm")


def test_a_job_that_slurm_starts_again_makes_the_next_attempt(start: Start, tmp_path: Path) -> None:
    run = queue(tmp_path)
    write_record(run.attempt(1).process, ProcessRecord("boot", 1, 1, "lab2", time.time(), supervisor_pid=1))
    assert start(run, SLURM_RESTART_COUNT="1").wait(40) == 0
    retry = read_record(run.attempt(2).retry, RetryRecord)
    assert retry is not None
    assert (retry.by, retry.why, retry.automatic) == ("Slurm", "its job left lab2", True)
    assert exit_record(run, 2).kind is ExitKind.FINISHED


def test_before_the_time_limit_it_ends_in_words_and_goes_back_into_the_queue(
    slurm: FakeSlurm, start: Start, tmp_path: Path
) -> None:
    run = queue(tmp_path, "waits")
    slurm.answers(
        "scontrol", "show", "job", out=f"JobId=4711 TimeLimit=00:02:00 EndTime={time.time() + 30:.0f} Pre=None"
    )
    process = start(run)
    wait_for(run.path / "seen.json")
    process.send_signal(signal.SIGUSR1)
    assert process.wait(30) == 0
    record = exit_record(run)
    assert record.kind is ExitKind.TIME_LIMIT
    assert record.cause.startswith("stopped by Slurm's time limit of 2 min, ")
    assert record.comes_back
    assert slurm.calls("scontrol", "requeue")[0]["argv"] == ["scontrol", "requeue", "4711"]
    assert run.attempt(1).stop.exists()
    assert not run.stop.exists()


def test_a_second_attempt_without_a_checkpoint_is_the_last(slurm: FakeSlurm, start: Start, tmp_path: Path) -> None:
    run = queue(tmp_path, "waits")
    write_record(run.attempt(1).process, ProcessRecord("boot", 1, 1, "lab2", time.time(), supervisor_pid=1))
    write_record(run.attempt(1).exit, ExitRecord(ExitKind.TIME_LIMIT, "limit", time.time(), 1.0))
    slurm.answers(
        "scontrol", "show", "job", out=f"JobId=4711 TimeLimit=00:02:00 EndTime={time.time() + 30:.0f} Pre=None"
    )
    process = start(run, SLURM_RESTART_COUNT="1")
    wait_for(run.path / "seen.json")
    process.send_signal(signal.SIGUSR1)
    assert process.wait(30) == 1
    assert exit_record(run, 2).cause == "no checkpoint within Slurm's 2 min, twice"
    assert slurm.calls("scontrol", "requeue") == []


def test_a_preemption_is_told_from_the_time_limit(slurm: FakeSlurm, start: Start, tmp_path: Path) -> None:
    run = queue(tmp_path, "waits")
    slurm.answers(
        "scontrol", "show", "job", out=f"JobId=4711 TimeLimit=1-00:00:00 EndTime={time.time() + 9000:.0f} P=N"
    )
    process = start(run)
    wait_for(run.path / "seen.json")
    process.send_signal(signal.SIGUSR1)
    process.wait(30)
    assert exit_record(run).cause.startswith("stopped by Slurm for another job, ")
    assert len(slurm.calls("scontrol", "requeue")) == 1


def test_a_run_that_its_user_stopped_is_not_put_back(slurm: FakeSlurm, start: Start, tmp_path: Path) -> None:
    run = queue(tmp_path, "deaf")
    slurm.answers(
        "scontrol", "show", "job", out=f"JobId=4711 TimeLimit=00:02:00 EndTime={time.time() + 40:.0f} Pre=None"
    )
    process = start(run)
    wait_for(run.path / "seen.json")
    process.send_signal(signal.SIGUSR1)
    wait_for(run.attempt(1).stop)
    write_record(run.stop, StopRequest("ann", time.time(), grace_seconds=0.1))
    process.wait(30)
    assert exit_record(run).kind in (ExitKind.STOPPED, ExitKind.TIME_LIMIT)
    assert slurm.calls("scontrol", "requeue") == []


def test_a_deaf_trainer_is_killed_in_time_for_the_record(start: Start, tmp_path: Path) -> None:
    run = queue(tmp_path, "deaf")
    process = start(run)
    wait_for(run.path / "seen.json")
    told = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert time.monotonic() - told < 4.0  # KillWait
    assert exit_record(run).cause.startswith("stopped by Slurm, ")
    assert not run.stop.exists()


@pytest.mark.parametrize(
    ("reason", "cause", "kind"),
    [
        ("", "stopped by scancel, ", ExitKind.STOPPED),
        (" DUE TO TIME LIMIT", "stopped by Slurm's time limit, ", ExitKind.TIME_LIMIT),
        (" DUE TO PREEMPTION", "stopped by Slurm for another job, ", ExitKind.STOPPED),
        (" DUE TO NODE FAILURE, SEE SLURMCTLD LOG", "stopped by Slurm, as its node failed, ", ExitKind.STOPPED),
        (" DUE TO JOB REQUEUE", "stopped by a requeue in Slurm, ", ExitKind.STOPPED),
        (" DUE TO RAIN", "stopped by Slurm (rain), ", ExitKind.STOPPED),
    ],
)
def test_whom_slurm_names_in_the_jobs_output_is_named(
    start: Start, tmp_path: Path, reason: str, cause: str, kind: ExitKind
) -> None:
    run = queue(tmp_path, "waits")
    before = "slurmstepd-lab1: error: *** JOB 4711 ON lab1 CANCELLED AT 2026-11-29T18:00:00 DUE TO RAIN ***\n"
    (run.path / "slurm.out").write_text(before)
    process = start(run)
    wait_for(run.path / "seen.json")
    said = f"slurmstepd-lab1: error: *** JOB 4711 ON lab1 CANCELLED AT 2026-11-29T19:04:26{reason} ***\n"
    (run.path / "slurm.out").write_text(before + said)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    record = exit_record(run)
    assert (record.kind, record.cause[: len(cause)]) == (kind, cause)
    assert record.comes_back is any(word in reason for word in ("PREEMPTION", "NODE FAILURE", "REQUEUE"))


def test_an_attempt_elsewhere_ends_this_one_at_once_and_it_writes_nothing(start: Start, tmp_path: Path) -> None:
    run = queue(tmp_path, "deaf")
    process = start(run)
    wait_for(run.path / "seen.json")
    wait_for(run.attempt(1).process)
    write_record(run.owner, Owner(2, "lab2", "", 1, "another nonce", job="4711", restart=1))
    assert process.wait(30) == 0
    assert not run.attempt(1).exit.exists()
    record = read_record(run.attempt(1).process, ProcessRecord)
    assert record is not None
    assert not Path(f"/proc/{record.pid}").exists()


def test_without_locks_the_run_goes_on(start: Start, tmp_path: Path) -> None:
    patch = tmp_path / "patch"
    make_folder(patch)
    (patch / "sitecustomize.py").write_text(
        "import errno, fcntl\n\ndef flock(*_):\n    raise OSError(errno.ENOSYS, 'Function not implemented')\n\n"
        "fcntl.flock = flock\n"
    )
    run = queue(tmp_path)
    assert start(run, PYTHONPATH=f"{patch}{os.pathsep}{Path(__file__).parents[3]}").wait(30) == 0
    assert exit_record(run).kind is ExitKind.FINISHED
