"""A run that is queued for Slurm, and its supervisor as a node starts it, in a process of its own."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.runs import queue_run
from tests.fakes.slurm import FakeSlurm
from training.runfolder.job import JobRecord
from training.runfolder.layout import RunFolder
from training.runfolder.write import write_record_once

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
