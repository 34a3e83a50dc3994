"""What a supervisor needs on a node: what Slurm gave it, whether the run is this job's, and when the job ends.

Standard library only. Everything here may be asked while the controller is down: then the node goes on without it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iqa_tui.slurm.ask import FOLDER_VARIABLE, KEPT, SlurmError, ask_slurm
from iqa_tui.slurm.words import slurm_time
from training.runfolder.errors import RunFolderError
from training.runfolder.job import JobRecord
from training.runfolder.layout import AttemptFolder, RunFolder
from training.runfolder.lock import NO_LOCKS, open_lock_file, take_lock
from training.runfolder.opening import read_bounded
from training.runfolder.read import parse_record, read_record
from training.runfolder.schema import Environment
from training.runfolder.slurm_status import BY_SLURM
from training.runfolder.spec import Spec
from training.runfolder.write import write_record_once

ASK_SECONDS = 10.0
KILL_WAIT_SECONDS = 30.0
"""Slurm's default."""
OF_ORDERS = (*KEPT, FOLDER_VARIABLE, "XDG_STATE_HOME", "IQA_TUI_STATE")
"""Variables of the launching shell that are kept for orders on the run alone: a node has its own."""
NUMBERS = re.compile(r"\d+")
DEFAULT_LEAD_SECONDS = 120.0


class OtherBytes(RunFolderError):
    """The files of the run are not those that were submitted."""


@dataclass(frozen=True, slots=True)
class Node:
    """What Slurm says of the job that this process is."""

    job: str
    restart: int
    """How often Slurm has requeued the job."""
    cluster: str
    name: str
    """Of the node."""
    gpus: tuple[str, ...]
    """Their numbers, or the names of MIG instances."""
    cpus: int | None
    """None: Slurm does not say."""

    def device_records(self) -> list[dict[str, Any]]:
        """For `process.json`. No lease stands behind them: Slurm gives each GPU to one job."""
        return [
            {
                "key": f"{self.name}:{gpu}",
                "kind": "gpu",
                "index": int(gpu) if gpu.isdecimal() else number,
                "name": "" if gpu.isdecimal() else gpu,
            }
            for number, gpu in enumerate(self.gpus)
        ]


def node_of(variables: Mapping[str, str]) -> Node:
    """Args:
    variables: that Slurm set for the job's script.
    """
    cpus = variables.get("SLURM_CPUS_PER_TASK") or variables.get("SLURM_CPUS_ON_NODE", "")
    restart = variables.get("SLURM_RESTART_COUNT", "0")
    return Node(
        job=variables.get("SLURM_JOB_ID", ""),
        restart=int(restart) if restart.isdecimal() else 0,
        cluster=variables.get("SLURM_CLUSTER_NAME", ""),
        name=variables.get("SLURMD_NODENAME", ""),
        gpus=_gpus(variables),
        cpus=int(cpus) if cpus.isdecimal() else None,
    )


def _gpus(variables: Mapping[str, str]) -> tuple[str, ...]:
    """By the node's own numbers, which a job that sees its own devices alone counts from 0."""
    visible = [each.strip() for each in variables.get("CUDA_VISIBLE_DEVICES", "").split(",") if each.strip()]
    numbers = NUMBERS.findall(variables.get("SLURM_JOB_GPUS", ""))
    if "NoDevFiles" in visible:
        return ()
    return tuple(numbers if len(numbers) == len(visible) or not visible else visible)


def read_submitted(run: RunFolder, spec_sha256: str, environment_sha256: str) -> tuple[Spec, dict[str, str]]:
    """The spec, and the variables that the launching shell passed on, from the very bytes that were submitted.

    Raises:
        OtherBytes: a file was changed since.
        RunFolderError, OSError: a file cannot be read.
    """
    spec, environment = read_bounded(run.spec), read_bounded(run.environment)
    for path, content, digest in ((run.spec, spec, spec_sha256), (run.environment, environment, environment_sha256)):
        if hashlib.sha256(content).hexdigest() != digest:
            raise OtherBytes(f"{run.shown / path.name}: was changed after the run was submitted. Launch it again.")
    return parse_record(spec, Spec, run.spec), parse_record(environment, Environment, run.environment).variables


def is_claimed(attempt: AttemptFolder, node: Node) -> bool:
    """Claim an attempt for this job; False if it is another job's.

    Raises:
        RunFolderError, OSError: the claim cannot be read or written.
    """
    record = read_record(attempt.job, JobRecord)
    if record is None:
        wait = kill_wait_now()
        write_record_once(attempt.job, JobRecord(node.job, node.cluster, time.time(), BY_SLURM, kill_wait_seconds=wait))
        record = read_record(attempt.job, JobRecord)
    return record is not None and record.job == node.job


def lock_if_possible(path: Path) -> int:
    """Take a lock; on a disk without locks the file is only opened, as `owner.json` keeps two attempts apart.

    Raises:
        LockHeld: another process of this node has it.
        OSError, UnreadableFile: the file cannot be opened.
    """
    try:
        return take_lock(path)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
    return open_lock_file(path)


def trainer_variables(
    variables: Mapping[str, str], spec: Spec, node: Node, passed: Mapping[str, str]
) -> dict[str, str]:
    """What Slurm and the `setup` lines made, then what the launching shell passed on, then the plan's own.

    Slurm's CUDA_VISIBLE_DEVICES stays as it is. Its numbers are places in PCI order, and CUDA counts so only if it is
    told to (https://slurm.schedmd.com/gres.html).
    """
    asked_for = spec.slurm.get("pass", [])
    given = {name: value for name, value in passed.items() if name in asked_for or name not in OF_ORDERS} | spec.env
    env = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", **variables, **given}
    if node.cpus is not None and "OMP_NUM_THREADS" not in given:
        env["OMP_NUM_THREADS"] = str(node.cpus)
    return env


@dataclass(frozen=True, slots=True)
class JobEnd:
    """When and why Slurm will end a job that it has told so."""

    ends: float | None
    """Unix seconds; None: Slurm does not say."""
    is_preempted: bool
    limit: str
    """Its time limit, as Slurm writes it; empty if it does not say."""


def job_end(node: Node, lead_seconds: float, now: float) -> JobEnd:
    """Ask what the signal means: the same one comes before the time limit and before a preemption.

    Without an answer it is the time limit: then a requeue cannot do harm.
    """
    try:
        said = ask_slurm(["scontrol", "show", "job", "-o", node.job], patience_seconds=ASK_SECONDS)
    except SlurmError:
        return JobEnd(None, is_preempted=False, limit="")
    fields = dict(re.findall(r"(?:^| )(\w+)=(\S*)", said))
    ends, limit = slurm_time(fields.get("EndTime", "")), fields.get("TimeLimit", "")
    preempted = slurm_time(fields.get("PreemptTime", "")) is not None
    # A signal comes up to 60 s before it is due.
    is_far = ends is not None and ends - now > lead_seconds + 60
    return JobEnd(ends, is_preempted=preempted or is_far, limit=limit.removeprefix("00:"))


def requeue(node: Node) -> str:
    """Put this very job back into the queue, which ends it; why that cannot be done, in words, or empty."""
    try:
        ask_slurm(["scontrol", "requeue", node.job], patience_seconds=ASK_SECONDS)
    except SlurmError as error:
        return str(error)
    return ""


def kill_wait_seconds(attempt: AttemptFolder) -> float:
    """Slurm's KillWait, as it was when the attempt got its job."""
    try:
        record = read_record(attempt.job, JobRecord)
    except (RunFolderError, OSError):
        record = None
    return KILL_WAIT_SECONDS if record is None else record.kill_wait_seconds


def kill_wait_now() -> float:
    """Slurm's KillWait; its default if Slurm does not say."""
    try:
        said = ask_slurm(["scontrol", "show", "config"], patience_seconds=ASK_SECONDS)
    except SlurmError:
        return KILL_WAIT_SECONDS
    return config_of(said)[1]


def config_of(said: str) -> tuple[str, float]:
    """The cluster's name and KillWait, in what `scontrol show config` prints."""
    values = dict(re.findall(r"^(ClusterName|KillWait)\s*=\s*(\S+)", said, re.MULTILINE))
    wait = values.get("KillWait", "")
    return values.get("ClusterName", ""), float(wait) if wait.isdecimal() else KILL_WAIT_SECONDS


def lead_seconds(spec: Spec) -> float:
    lead = spec.slurm.get("lead", DEFAULT_LEAD_SECONDS)
    return float(lead) if isinstance(lead, int | float) else DEFAULT_LEAD_SECONDS


def is_flock_there(path: Path) -> bool:
    """Whether the disk of a file has locks."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True
