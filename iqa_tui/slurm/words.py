"""Why a job waits, and how it ended, in words. Standard library only."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

from training.runfolder.job import Course, JobLine
from training.runfolder.text import plain

LAUNCH_FAILED = "launch failed requeued held"
NEVER_BY_TIME = re.compile(r"PartitionTimeLimit|(QOS|Assoc)(Grp)?MaxWall\w*|MaxWall\w*")
LIMITED = r"(QOS|Assoc)Max(Gres|GRES|Cpu|Node|Mem|Memory|TRES)\w*"
PER_USER = re.compile(rf"{LIMITED}PerUser\w*|(QOS|Assoc)Max(Jobs|Submit)\w*")
NEVER_BY_SIZE = re.compile(rf"{LIMITED}PerJob\w*|QOSMaxGRES\w*|PartitionNodeLimit|BadConstraints|(QOS|Assoc)Min\w*")
PLAIN = {
    "Dependency": "waits for runs of its group that go first",
    "DependencyNeverSatisfied": "will never start: a run before it can never end; stop it, and launch it again",
    "BeginTime": "Slurm starts it soon, as after every requeue",
    "JobHeldUser": "held in Slurm; h releases it",
    "JobHeldAdmin": "held by Slurm's administrator, who alone can release it",
    "PartitionDown": "partition {partition} is down: nothing starts there until its administrator opens it",
    "PartitionInactive": "partition {partition} is closed: nothing starts there until its administrator opens it",
    "PartitionConfig": "will never start: partition {partition} does not have what it asks for",
    "Reservation": "waits for its reservation",
    "Licenses": "waits for a licence",
    "InvalidQOS": "will never start: its QOS is not valid any more",
    "InvalidAccount": "will never start: its account is not valid any more",
    "Cleaning": "its last try is being cleaned up",
    "None": "Slurm has not looked at it yet",
    "": "Slurm has not looked at it yet",
}
NEVER = ("DependencyNeverSatisfied", "PartitionConfig", "InvalidQOS", "InvalidAccount")
"""Reasons in `PLAIN` that no waiting mends."""
TIME_LIMIT = "Slurm's time limit"
STATES = {
    "TIMEOUT": "its time limit in Slurm was over, and it left no record",
    "NODE_FAIL": "node {node} failed under it",
    "PREEMPTED": "Slurm gave its place to another job",
    "BOOT_FAIL": "node {node} could not be booted for it",
    "REVOKED": "Slurm moved it to another cluster",
    "CANCELLED": "cancelled in Slurm",
    "DEADLINE": "its deadline in Slurm was over",
    "COMPLETED": "its job ended without a record",
}
CANCELLED = re.compile(r"\*\*\* JOB (\d+) ON \S+ CANCELLED AT \S+(?: DUE TO ([A-Z ]+))?")
"""What Slurm writes into a job's output before it sends TERM; measured with 22.05."""
ENDS = {
    "": "scancel",
    "TIME LIMIT": TIME_LIMIT,
    "PREEMPTION": "Slurm for another job",
    "NODE FAILURE": "Slurm, as its node failed",
    "JOB REQUEUE": "a requeue in Slurm",
}
PUTS_BACK = tuple(ENDS[reason] for reason in ("PREEMPTION", "NODE FAILURE", "JOB REQUEUE"))
"""After these Slurm starts the job again, unless its administrator has set that preempted jobs are cancelled."""
KEY_OF_REFUSAL = (
    (re.compile(r"violates accounting", re.IGNORECASE), "qos or account"),
    (re.compile(r"partition", re.IGNORECASE), "partition"),
    (re.compile(r"account", re.IGNORECASE), "account"),
    (re.compile(r"\bqos\b", re.IGNORECASE), "qos"),
    (re.compile(r"generic resource|\bgres\b", re.IGNORECASE), "gres"),
    (re.compile(r"feature|constraint", re.IGNORECASE), "constraint"),
    (re.compile(r"memory", re.IGNORECASE), "mem"),
    (re.compile(r"time limit|--time", re.IGNORECASE), "time"),
    (re.compile(r"cpu count|CPUs?\b", re.IGNORECASE), "cpus"),
    (re.compile(r"node configuration", re.IGNORECASE), "gres, mem, cpus or constraint"),
)


def waiting_words(line: JobLine, options: Mapping[str, Any], allowed: str = "") -> str:
    """Why a job waits.

    Args:
        options: what was asked of Slurm for it.
        allowed: the longest time of its partition, as sinfo writes it; empty if it is not known.
    """
    return plain(_waiting(line, options, allowed))


def _waiting(line: JobLine, options: Mapping[str, Any], allowed: str) -> str:
    reason = line.reason.strip()
    partition = line.partition or str(options.get("partition", ""))
    if LAUNCH_FAILED in reason.replace("_", " ").lower():
        return "Slurm could not start it; h releases it"
    if reason.startswith("ReqNodeNotAvail"):
        nodes = reason.partition("UnavailableNodes:")[2].strip(" )")
        return f"{f'node {nodes}' if nodes else 'a node that it needs'} is down, reserved or busy"
    if reason.startswith("Nodes required for job are DOWN"):
        return "waits for nodes: those that it may use are down, drained or reserved"
    if reason in ("Resources", "Priority", "BeginTime"):
        return _waits_for(line, reason, options)
    if limited := _limited(line, reason, options, allowed):
        return limited
    return PLAIN[reason].format(partition=partition) if reason in PLAIN else f"Slurm: {reason}"


def _waits_for(line: JobLine, reason: str, options: Mapping[str, Any]) -> str:
    """Slurm's guess of the start changes with every job that comes and goes."""
    starts = clock_words(line.starts) if line.starts is not None and line.starts > time.time() else ""
    if reason == "BeginTime":
        return f"Slurm starts it after {starts}" if starts else PLAIN[reason]
    waits = f"waits for {_wanted(options)}" if reason == "Resources" else "waits for jobs before it"
    return f"{waits}; Slurm expects {starts}" if starts else waits


def never_starts(line: JobLine) -> bool:
    """Whether a waiting job starts only if its user asks for something else."""
    reason = line.reason.strip()
    never = (NEVER_BY_TIME, NEVER_BY_SIZE)
    return line.course is Course.WAITS and (reason in NEVER or any(each.fullmatch(reason) for each in never))


def _limited(line: JobLine, reason: str, options: Mapping[str, Any], allowed: str) -> str:
    """What a limit of its partition, QOS or account says; empty if none does."""
    qos = f"QOS {options['qos']}" if options.get("qos") else "your QOS or account"
    if NEVER_BY_TIME.fullmatch(reason):
        is_of_partition = reason == "PartitionTimeLimit"
        less = limit_words(allowed) if allowed and is_of_partition else "less"
        whose = line.partition if is_of_partition else qos
        return f"will never start: asks {limit_words(line.limit)}, {whose} allows {less}"
    if NEVER_BY_SIZE.fullmatch(reason):
        return f"will never start: it asks for more than {qos} allows ({reason})"
    return f"{qos}: no more of your jobs at once" if PER_USER.fullmatch(reason) else ""


def _wanted(options: Mapping[str, Any]) -> str:
    return "a GPU" if "gpu" in str(options.get("gres", "")) or "gpus" in options else "a node"


def clock_words(moment: float) -> str:
    """`14:10`; with the date if that is not today."""
    then = time.localtime(moment)
    same_day = time.localtime()[:3] == then[:3]
    return time.strftime("%H:%M" if same_day else "%Y-%m-%d %H:%M", then)


def slurm_time(text: str) -> float | None:
    """Unix seconds, as squeue writes them or as local time if it knows no other format; None for `N/A` and the like."""
    if text.isdecimal():
        return float(text)
    try:
        return time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%S"))
    except ValueError:
        return None


def limit_words(limit: str) -> str:
    """`60 min` for squeue's `1:00:00`, `2 min` for `2:00`; any other as it is."""
    hours = limit_hours(limit)
    if hours is None:
        return "no limit" if limit in ("UNLIMITED", "infinite", "") else limit
    return f"{round(hours * 60)} min" if hours < 2 else f"{hours:.1f} h".replace(".0 h", " h")


def limit_hours(limit: str) -> float | None:
    """Of squeue's and sinfo's `1-12:00:00`, in whole minutes; None for anything else, such as `infinite`."""
    match = re.fullmatch(r"(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+)", limit)
    if match is None:
        return None
    days, hours, minutes, _ = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) / 60


def ended_words(line: JobLine, options: Mapping[str, Any], output: str) -> str:
    """How a job ended whose run left no record.

    Args:
        options: what was asked of Slurm for it.
        output: the file that its node had to open.
    """
    if line.state == "OUT_OF_MEMORY":
        memory = options.get("mem")
        limit = f"over its memory of {memory_words(memory)} (mem)" if memory else "over the memory that Slurm gives it"
        return limit if memory else f"{limit}: ask for more (mem)"
    if line.state == "FAILED" and line.reason in ("JobLaunchFailure", "InitialJobFailure"):
        return plain(f"{line.node or 'its node'} could not open {output}: is it mounted there?")
    if line.state == "FAILED" and line.reason == "BadConstraints":
        return "Slurm ended it: no node has what it asks for (BadConstraints)"
    if line.state in STATES:
        return plain(STATES[line.state].format(node=line.node or "its node"))
    reason = f" ({line.reason})" if line.reason not in ("", "None", "NonZeroExitCode") else ""
    how = "failed" if line.state == "FAILED" else f"ended as {line.state.lower()}"
    return plain(f"its job {how}{reason}; its slurm.out may say why")


def ended_by(output: str, job: str) -> str:
    """Whom to name for the TERM that a job got, by what Slurm wrote into its output; empty if it wrote nothing."""
    found = [reason.strip() for number, reason in CANCELLED.findall(output) if number == job]
    return ENDS.get(found[-1], f"Slurm ({found[-1].lower()})") if found else ""


def memory_words(memory: object) -> str:
    """`16 GB` for `16G` and for 16384, which are megabytes."""
    match = re.fullmatch(r"(\d+)([KMGT]?)", str(memory).upper())
    if match is None:
        return str(memory)
    amount, unit = int(match[1]), match[2] or "M"
    return f"{amount // 1024} GB" if unit == "M" and amount % 1024 == 0 else f"{amount} {unit}B"


def refused_words(said: str, options: Mapping[str, Any]) -> str:
    """Sbatch's last line, with the key of `[slurm]` that it is about."""
    for pattern, key in KEY_OF_REFUSAL:
        if pattern.search(said):
            value = f" = {options[key]!r}" if key in options else ""
            return plain(f"Slurm refuses it: {said} ({key}{value})")
    return plain(f"Slurm refuses it: {said}")


def job_words(line: JobLine, options: Mapping[str, Any], output: str, allowed: str = "") -> str:
    """What a job waits for, or how it ended; empty while it runs."""
    if line.course is Course.WAITS:
        return waiting_words(line, options, allowed)
    return ended_words(line, options, output) if line.is_over else ""
