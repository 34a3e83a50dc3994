"""The Slurm job of an attempt, and Slurm's word on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from training.runfolder.engines import FORMAT

JOB_OUTPUT = "slurm.out"
"""In the run: what its jobs print, and what Slurm says of them."""
FRESH_SECONDS = 60.0
"""An answer of Slurm that is older says nothing of now."""
GONE_SECONDS = 60.0
"""Between two answers of Slurm that must both lack a job before it counts as forgotten: a controller that was started a
moment ago, or another one that takes its place, may not have read its state yet. A run that has begun may live on all
the same, so its beat must stand still as long as beats may (`beat.BEAT_PATIENCE_SECONDS`); one that has not has no sign
of life to wait for.
"""
SETTLED_SECONDS = 10.0
"""How long after a job's end its records may still be under way."""


@dataclass(frozen=True, slots=True)
class JobRecord:
    """`attempts/N/job.json`: which job works on this attempt. It is made once and never replaced, so a job that finds
    another one's number there has nothing to do.
    """

    job: str
    """Its number, which Slurm may give to another job later."""
    cluster: str
    submitted: float
    """Unix seconds."""
    by: str
    """User and host that submitted it; `Slurm` if the job itself wrote this."""
    arguments: list[str] = field(default_factory=list)
    """sbatch's command line; empty if the job itself wrote this."""
    kill_wait_seconds: float = 30.0
    """Slurm's KillWait: from TERM to KILL of a job that it ends."""
    format: int = FORMAT


class Course(Enum):
    """What becomes of a job, as far as its run needs to know."""

    WAITS = "waits"
    ALIVE = "alive"
    LOST = "lost"
    """It ended by no fault of the run."""
    STOPPED = "stopped"
    FAILED = "failed"
    ENDED = "ended"
    """With exit code 0."""


COURSES = {
    **dict.fromkeys(("PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT"), Course.WAITS),
    **dict.fromkeys(("TIMEOUT", "NODE_FAIL", "PREEMPTED", "BOOT_FAIL", "REVOKED"), Course.LOST),
    **dict.fromkeys(("FAILED", "OUT_OF_MEMORY", "DEADLINE"), Course.FAILED),
    "CANCELLED": Course.STOPPED,
    "COMPLETED": Course.ENDED,
}
"""By squeue's name of the state; every other one is alive: RUNNING, COMPLETING, CONFIGURING, SUSPENDED, …"""


@dataclass(frozen=True, slots=True)
class JobLine:
    """One job as Slurm showed it."""

    job: str
    state: str
    reason: str = ""
    node: str = ""
    """Empty before it has one."""
    starts: float | None = None
    """Unix seconds; of a waiting job as Slurm expects it. None: Slurm does not say."""
    ends: float | None = None
    limit: str = ""
    """Its time limit, as squeue writes it."""
    left: str = ""
    partition: str = ""
    submitted: float | None = None
    comment: str = ""

    @property
    def course(self) -> Course:
        return COURSES.get(self.state, Course.ALIVE)

    @property
    def is_over(self) -> bool:
        return self.course not in (Course.WAITS, Course.ALIVE)


@dataclass(frozen=True, slots=True)
class SlurmWord:
    """What Slurm said of one job, and when."""

    age_seconds: float
    """Since its last answer; infinite if it never gave one."""
    line: JobLine | None = None
    """None: the last answer did not have the job."""
    why: str = ""
    """What the job waits for, or how it ended, in words."""
    is_gone: bool = False
    """Two answers, a minute apart, did not have the job; or Slurm has given its number to another one."""
    is_taken: bool = False
    """Slurm has given its number to another job, so its controller has forgotten this one."""
    missing_seconds: float | None = None
    """Since the first answer without the job; None: no answer since its submission lacked it."""
    cluster: str = ""
    """The job's, if that is not the one whose Slurm answers here; what it says is what was heard on that cluster."""

    @property
    def is_fresh(self) -> bool:
        return self.age_seconds <= FRESH_SECONDS

    def silence(self) -> str:
        """`Slurm has not answered`; `its cluster b is not asked from here`."""
        return f"its cluster {self.cluster} is not asked from here" if self.cluster else "Slurm has not answered"

    def denial(self, job: str) -> str:
        """`Slurm does not know its job 4711`; empty if it does, or was not asked since the submission."""
        if self.line is not None or (self.missing_seconds is None and not self.is_gone):
            return ""
        if self.is_taken:
            return f"Slurm gave the number of its job {job} to another one"
        return f"Slurm does not know its job {job}"


class SlurmAnswers(Protocol):
    """The last answers of Slurm."""

    def word_on(self, run_id: str, job: JobRecord) -> SlurmWord:
        """On the job of this number that was submitted for this run."""

    def word_of(self, run_id: str) -> SlurmWord:
        """On the newest job that was submitted for this run, whose folder cannot be read."""
