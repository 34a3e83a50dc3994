"""The supervisor as a job of Slurm, in a process of its own: which attempt it makes, what its signals mean."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.nvml import FakeGpus, gpus
from tests.fakes.runs import queue_run
from tests.fakes.slurm import FakeSlurm, slurm
from training.runfolder.exits import ExitKind
from training.runfolder.job import JobRecord
from training.runfolder.layout import RunFolder
from training.runfolder.machine import MachineSample, parse_sample
from training.runfolder.read import read_record
from training.runfolder.schema import ExitRecord, Owner, ProcessRecord, RetryRecord, StopRequest
from training.runfolder.write import make_folder, write_record, write_record_once

__all__ = ["gpus", "slurm"]
TRAINER = """
import json, os, pathlib, signal, sys, time
run = pathlib.Path(sys.argv[1])
if sys.argv[2] == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
names = ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "OMP_NUM_THREADS", "HF_HOME", "SETUP", "IQA_TUI_DEVICE")
(run / "seen.json").write_text(json.dumps({name: os.environ.get(name) for name in names}))
while sys.argv[2] != "quick" and not (run / "go").exists():
    time.sleep(0.02)
"""
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(slurm: FakeSlurm) -> Iterator[Start]:
    """Start the supervisor as Slurm's node does."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(run: RunFolder, spec: bytes | None = None, **variables: str) -> subprocess.Popen[bytes]:
        digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (run.spec, run.environment)]
        submitted = digests[0] if spec is None else hashlib.sha256(spec).hexdigest()
        arguments = ["--spec-sha256", submitted, "--environment-sha256", digests[1]]
        env = {
            "SLURM_JOB_ID": "4711",
            "SLURM_CLUSTER_NAME": "lab",
            "SLURMD_NODENAME": "lab1",
            "SLURM_CPUS_ON_NODE": "3",
        }
        env |= {"CUDA_VISIBLE_DEVICES": "0", "SLURM_JOB_GPUS": "1", "SETUP": "done", **variables}
        command = [sys.executable, "-m", "iqa_tui.service.supervisor", str(run.path), "--slurm", *arguments]
        started.append(subprocess.Popen(command, env={**os.environ, **env}, stderr=subprocess.PIPE))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def queue(folder: Path, how: str = "quick", **fields: Any) -> RunFolder:
    options = {"gres": "gpu:1", "lead": 10, "pass": ["HF_HOME"], "cluster": "lab"}
    argv = [sys.executable, "-c", TRAINER, "{run_folder}", how]
    values = {"argv": argv, "trainer": "command", "engine": "slurm", "format": 2, "device_kind": "gpu", **fields}
    run = queue_run(folder / "runs", "r", slurm=options, **values)
    assert write_record_once(run.attempt(1).job, JobRecord("4711", "lab", 0.0, "ann", ["--x"], kill_wait_seconds=4.0))
    return run


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline, path
        time.sleep(0.02)


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


@pytest.mark.parametrize(("visible", "number"), [("1", 1), ("7", None)])
def test_its_samples_tell_of_the_gpus_that_slurm_gave_or_why_they_cannot(
    start: Start, tmp_path: Path, gpus: FakeGpus, visible: str, number: int | None
) -> None:
    gpus.percent = {0: 11, 1: 97}
    gpus.write()
    run = queue(tmp_path, "waits")
    process = start(run, CUDA_VISIBLE_DEVICES=visible, IQA_TUI_HASTE="20")
    wait_for(run.machine)
    deadline = time.monotonic() + 30
    told = MachineSample(0.0, 1, gpus_unknown="not yet")
    while "yet" in told.gpus_unknown and time.monotonic() < deadline:
        samples = [parse_sample(line) for line in run.machine.read_bytes().splitlines()]
        told = next((sample for sample in reversed(samples) if sample is not None), told)
        time.sleep(0.05)
    (run.path / "go").touch()
    assert process.wait(30) == 0
    if number is None:
        assert told.gpus == []
        assert told.gpus_unknown == "CUDA_VISIBLE_DEVICES is 7, and the driver shows the job 2 GPUs"
    else:
        assert [(gpu.key, gpu.utilisation_percent) for gpu in told.gpus] == [(gpus.uuid(number), 97)]
        assert told.gpus_unknown == ""


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
