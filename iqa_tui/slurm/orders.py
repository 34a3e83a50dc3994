"""Orders on the jobs of runs: cancel, end, hold, release, another priority. Each is a program of Slurm's."""

from __future__ import annotations

import time

from iqa_tui.slurm.answers import last_answers
from iqa_tui.slurm.ask import (
    SlurmElsewhere,
    SlurmError,
    SlurmSilent,
    ask_slurm,
    has_slurm,
    program_of,
    was_silent_just_now,
)
from iqa_tui.slurm.here import is_elsewhere, known_cluster
from iqa_tui.slurm.look import Asked
from iqa_tui.slurm.submit import NICE
from training.runfolder.job import Course, JobRecord, SlurmWord
from training.runfolder.layout import RunFolder
from training.runfolder.opening import is_there
from training.runfolder.read import read_record
from training.runfolder.schema import StopRequest
from training.runfolder.slurm_status import job_of

UNHEARD = "it has not answered for a while"
OVERDUE_SECONDS = 15.0
"""After the grace of a request to stop, for the supervisor's own end, before the whole job is cancelled."""


def word_now(run: RunFolder) -> tuple[JobRecord | None, SlurmWord | None]:
    """The job of its newest attempt and what Slurm says of it now; None if it has none.

    Raises:
        SlurmElsewhere: it is another cluster's job: here its number may be that of another job of this user.
    """
    job = job_of(run.latest_attempt())
    if job is None:
        return None, None
    word = Asked().word_on(run.run_id, job)
    if word.cluster:
        raise SlurmElsewhere(
            f"job {job.job} is of the cluster {word.cluster}, and this machine asks {known_cluster()}. "
            f"Give the order on a machine of {word.cluster}"
        )
    return job, word


def shown_job(run: RunFolder) -> str | None:
    """The number of its job, if Slurm shows it as this run's; None if no job was submitted.

    A file's number alone may be that of another job of this user: after a crash Slurm gives numbers again.

    Raises:
        SlurmError: Slurm does not answer, or shows no such job.
    """
    job, word = word_now(run)
    if job is None or word is None:
        return None
    program_of("scontrol")
    if not word.is_fresh or was_silent_just_now():
        raise SlurmSilent(UNHEARD)
    if word.line is None:
        raise SlurmError(f"it shows no job {job.job} of this run")
    return word.line.job


def refuse_while_it_may_come_back(run: RunFolder) -> None:
    """Refuse another job for an attempt that ended, while Slurm may still start the old one again.

    A run ends some seconds before its job does, and a requeued job waits only once its node is rid of it. A job
    that a user stopped begins nothing any more.

    Raises:
        SlurmError: its job is not over, or was not when Slurm was heard last.
        OSError, RunFolderError: a record cannot be read.
    """
    job, word = word_now(run)
    if job is None or word is None or word.line is None or word.line.is_over or is_there(run.stop):
        return
    if word.is_fresh and not was_silent_just_now():
        raise SlurmError(
            f"its job {job.job} is not over in Slurm ({word.line.state.lower()}) and may go on by itself. "
            "Order it again in some seconds"
        )
    raise SlurmSilent(
        f"Slurm does not answer, and its job {job.job} was not over when it did: it may go on by itself. "
        "Order it again once Slurm answers"
    )


def cancel(job: str) -> None:
    """Whether it waits or runs: TERM to every process of it, KILL after KillWait. Raises SlurmError."""
    ask_slurm(["scancel", job])


def tell_supervisor(job: str) -> None:
    """TERM to the job's supervisor alone, which looks for the request to stop at once. Raises SlurmError."""
    ask_slurm(["scancel", "--batch", "--signal=TERM", job])


def hold(job: str) -> None:
    """Raises SlurmError."""
    ask_slurm(["scontrol", "hold", job])


def release(job: str) -> None:
    """Raises SlurmError."""
    ask_slurm(["scontrol", "release", job])


def prioritise(job: str, priority: str) -> None:
    """Raises SlurmError."""
    ask_slurm(["scontrol", "update", f"JobId={job}", f"Nice={NICE[priority]}"])


def stop_job(run: RunFolder) -> str:
    """Carry out a request to stop that is written already.

    Returns:
        What was done, in words that follow the run's name; empty if Slurm knows of no job.

    Raises:
        SlurmError: Slurm did not do it. The request in the folder is enough: the job looks for it.
    """
    job, word = word_now(run)
    if job is None or word is None:
        return ""
    program_of("scancel")
    if not word.is_fresh or was_silent_just_now():
        raise SlurmSilent(UNHEARD)
    if word.line is None:
        return ""
    if word.line.course is Course.WAITS:
        cancel(job.job)
        return f"job {job.job} waited and is cancelled"
    if word.line.is_over:
        return ""
    if word.line.state == "COMPLETING":
        return f"job {job.job} is ending, and begins nothing any more"
    tell_supervisor(job.job)
    return f"job {job.job} on {word.line.node} is told"


def cancel_without_folder(run_id: str) -> str:
    """Cancel the job of a run whose folder cannot be used to ask it to stop; found by its comment.

    Returns:
        What was done, in words; empty if Slurm shows no living job of this user for the run.

    Raises:
        SlurmError: Slurm does not answer, or did not do it.
    """
    if not has_slurm():
        return ""
    word = Asked().word_of(run_id)
    if word.line is None or word.line.is_over:
        return ""
    if not word.is_fresh or was_silent_just_now():
        raise SlurmSilent(UNHEARD)
    cancel(word.line.job)
    where = f" on {word.line.node}" if word.line.node else ""
    return f"its job {word.line.job}{where} is cancelled by Slurm"


def cancel_if_overdue(run: RunFolder) -> str:
    """Cancel the job of a run that was asked to stop and has had its grace; its words, or empty.

    Raises:
        SlurmError: Slurm did not do it.
        RunFolderError, OSError: a record cannot be read.
    """
    job = job_of(run.latest_attempt())
    request = read_record(run.stop, StopRequest)
    if job is None or request is None or is_elsewhere(job.cluster):
        return ""
    word = last_answers().word_on(run.run_id, job)
    if word.line is None or not word.is_fresh or word.line.is_over or word.line.state == "COMPLETING":
        return ""
    waits = word.line.course is Course.WAITS
    if not waits and time.time() < request.when + request.grace_seconds + OVERDUE_SECONDS:
        return ""
    cancel(job.job)
    return f"{run.run_id}: job {job.job} was to stop and is cancelled."
