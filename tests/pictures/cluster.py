"""Runs on a Slurm that shows them in all of its states, and what that Slurm's programs print."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path
from typing import Any

from iqa_tui.devices.device import Device, DeviceState
from iqa_tui.devices.survey import Survey
from iqa_tui.slurm.refusals import note_refusal
from tests.fakes.run_folders import FakeRun
from tests.fakes.slurm import FakeSlurm, make_programs
from training.runfolder.engines import SLURM, SPEC_FORMAT
from training.runfolder.exits import ExitKind
from training.runfolder.job import JOB_OUTPUT, JobRecord
from training.runfolder.machine import GpuUse, MachineLog, MachineSample
from training.runfolder.write import write_record_once

ASKED = {"partition": "gpu", "time": "4:00:00", "gres": "gpu:1", "mem": "32G", "cluster": "lab"}
SHORT = {**ASKED, "partition": "short", "time": "60"}
GIB = 1 << 30
NODES = (
    "gpu|up|4:00:00|lab1|mix|gpu:a100:2|gpu:a100:2(IDX:0-1)|\n"
    "gpu|up|4:00:00|lab2|mix|gpu:a100:2|gpu:a100:1(IDX:0)|\n"
    "short|up|2:00|lab2|mix|gpu:a100:2|gpu:a100:1(IDX:0)|\n"
    "cpu|up|infinite|lab3|idle|(null)|(null)|\n"
)


class LoginNode:
    """It has no GPU of its own."""

    def survey(self) -> Survey:
        slot = DeviceState(Device("cpu-0", "cpu", 0, "CPU, 8 threads"), free=True, reason="free")
        return Survey((slot,), "No NVIDIA driver found: runs use 1 CPU slot", time.time(), "cpu")


class Cluster:
    """Queues runs that are jobs of a fake Slurm."""

    def __init__(self, runs: Path) -> None:
        folder = runs.parent / "slurm"
        self.slurm: FakeSlurm = make_programs(folder)
        os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
        self.slurm.answers("sinfo", out="gpu*\nshort\ncpu\n")
        self.slurm.answers("sinfo", "-h", "-N", out=NODES)
        self.slurm.answers("sinfo", "-h", "-o", "%R|%l", out="gpu|4:00:00\nshort|2:00\ncpu|infinite\n")
        starts = (
            f"sbatch: Job 9 to start at {time.time() + 5400:.0f} using 8 processors on nodes lab2 in partition short\n"
        )
        self.slurm.answers("sbatch", "--test-only", err=starts)
        self.slurm.answers("sbatch", err="sbatch: error: invalid partition specified: gpux\n", code=1)
        self._runs = runs
        self._job = 4711
        self.now = time.time()

    def queue(self, identity: str, group: str = "koniq-losses", **options: Any) -> FakeRun:
        created = self.now - 9000 + self._job - (0 if group == "koniq-losses" else 86_400)
        return FakeRun.queue(
            self._runs, identity, engine=SLURM, slurm={**ASKED, **options}, format=SPEC_FORMAT,
            group=group, created=created, seed=42 if group == "koniq-losses" else 7,
        )  # fmt: skip

    def submit(self, fake: FakeRun, state: str = "", attempt: int = 1, **fields: str) -> FakeRun:
        """Give its attempt a job; without a state Slurm does not show it any more."""
        self._job += 1
        arguments = [f"--mem={fake.spec.slurm['mem']}", f"--output={fake.run.path / 'slurm.out'}", "--gres=gpu:1"]
        submitted = self.now - 8000
        job = JobRecord(str(self._job), "lab", submitted, "ann@login", arguments)
        fake.run.attempt(attempt).path.mkdir(parents=True, exist_ok=True)
        write_record_once(fake.run.attempt(attempt).job, job)
        if state:
            told = {"partition": fake.spec.slurm["partition"], "submitted": str(int(submitted)), "limit": "4:00:00"}
            self.slurm.shows(job.job, state, fake.run.run_id, **(told | fields))
        return fake

    def run(self, fake: FakeRun, node: str, gpu: int, steps: int) -> FakeRun:
        """It trains there now."""
        began = self.now - 3 - 0.5 * steps - 10 * (steps // 200)
        left, ends = "3:50:12", str(int(self.now + 13_812))
        self.submit(fake, "RUNNING", node=node, starts=str(int(began)), ends=ends, left=left)
        fake.start(gpu=gpu, at=began, node=node).train(steps)
        fake.run.attempt(1).beat.touch()
        log, noise = MachineLog(fake.run, 1), random.Random(gpu)
        for second in range(0, int(self.now - began), 10):
            use = GpuUse(f"{node}:{gpu}", gpu, int(21.4 * GIB), round(noise.uniform(86, 99)), 390.0, 61)
            log.append(MachineSample(began + second, 1, 9 * GIB, 9, [use]))
        return fake


def cluster_runs(runs: Path) -> list[int]:
    """Two groups of five: as it should be, and what may happen to jobs."""
    cluster = Cluster(runs)
    now = cluster.now
    later = str(int(now + 5400))
    finished = cluster.submit(cluster.queue("F1"))
    finished.start(gpu=0, at=now - 8000, node="lab1").train(1000).finish()
    cluster.run(cluster.queue("F2"), "lab1", 0, 500)
    cluster.run(cluster.queue("F3"), "lab2", 0, 340)
    cluster.submit(cluster.queue("F4"), "PENDING", reason="Resources", starts=later)
    requeued = cluster.submit(cluster.queue("F5"), "PENDING", reason="BeginTime", starts=str(int(now + 100)))
    requeued.start(gpu=1, at=now - 700, node="lab2").train(260)
    requeued.end(ExitKind.TIME_LIMIT, "stopped at Slurm's time limit of 4 h")
    os.utime(requeued.run.attempt(1).exit, (now - 60, now - 60))
    lost = cluster.submit(cluster.queue("F1", "short-cluster"), "NODE_FAIL", node="lab2")
    lost.start(gpu=1, at=now - 3000, node="lab2").train(220)
    cluster.submit(
        cluster.queue("F2", "short-cluster", **SHORT), "PENDING", reason="PartitionTimeLimit", limit="1:00:00"
    )
    cluster.submit(cluster.queue("F3", "short-cluster"), "PENDING", reason="launch failed requeued held")
    refused = cluster.queue("F4", "short-cluster", partition="gpux")
    note_refusal(refused.run, "Slurm refuses it: invalid partition specified: gpux (partition = 'gpux')")
    over = cluster.submit(cluster.queue("F5", "short-cluster"), "OUT_OF_MEMORY", node="lab1")
    over.start(gpu=1, at=now - 900, node="lab1").train(90)
    alone = cluster.submit(cluster.queue("F2", "conda"), "FAILED", reason="NonZeroExitCode", node="lab1")
    said = "/var/spool/slurmd/job04721/slurm_script: line 6: conda: command not found\n"
    (alone.run.path / JOB_OUTPUT).write_text(said)
    return []
