"""What a run does whose engine is Slurm: its records are right first, then Slurm's word if it is fresh, then its beat.

Its locks, its process numbers and its boot id prove nothing here: they are a node's. Slurm may be silent for hours, and
after a crash its controller may deny a job that runs, so a run is lost only if its beat and events stand still as well.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from training.runfolder.beat import BeatWatch, beat_ns, patience_seconds
from training.runfolder.exits import ExitKind
from training.runfolder.foreign import length_words
from training.runfolder.job import GONE_SECONDS, SETTLED_SECONDS, Course, JobRecord, SlurmAnswers, SlurmWord
from training.runfolder.layout import AttemptFolder, RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.read import read_record, read_shown_record
from training.runfolder.schema import Place, ProcessRecord, RetryRecord

CLOCKS_SECONDS = 1.0
"""By which the clocks of Slurm's controller and of the file server may differ, at least."""
BY_SLURM = "Slurm"
"""Who made an attempt that follows a requeue, in its `retry.json`."""
PHASES = {
    Course.LOST: Phase.LOST,
    Course.STOPPED: Phase.STOPPED,
    Course.FAILED: Phase.FAILED,
    Course.ENDED: Phase.FAILED,
}
"""Of a job that ended, if its run left no record."""


@dataclass(frozen=True, slots=True)
class SlurmRun:
    """What is looked at."""

    run: RunFolder
    attempt: AttemptFolder | None
    recorded: Status | None
    """What the records say of its end."""
    asked_by: str
    """Who asked it to stop, in words; empty if no one did."""
    has_begun: Callable[[], bool]
    """Whether its trainer said that it started; finding out may cost reading its events."""
    beats: BeatWatch | None
    """Of a caller that looks again and again; None: time stamps count."""
    comes_back: bool = False
    """Its record says that Slurm is to begin the next attempt in the same job."""


def word_on(run: RunFolder, attempt: AttemptFolder | None, slurm: SlurmAnswers | None) -> SlurmWord | None:
    """Slurm's word on the job of the newest attempt; None if no job was submitted for it, or no one is to be asked."""
    job = job_of(attempt)
    return None if job is None or slurm is None else slurm.word_on(run.run_id, job)


def job_of(attempt: AttemptFolder | None) -> JobRecord | None:
    """None: no job was submitted for it yet."""
    return read_shown_record(attempt.job, JobRecord) if attempt else None


def unreadable_status(run: RunFolder, why: str, slurm: SlurmAnswers | None) -> Status:
    """Of a run whose folder cannot be read.

    Args:
        why: in words.
        slurm: None: the file is at fault, not its disk, so Slurm is not asked.
    """
    if slurm is None:
        return Status(Phase.UNREADABLE, why)
    word = slurm.word_of(run.run_id)
    if word.line is None or word.line.is_over:
        return Status(Phase.UNREADABLE, why, disk_trouble=True)
    phase = Phase.QUEUED if word.line.course is Course.WAITS else Phase.RUNNING
    says = f"as Slurm says of its job {word.line.job}" if word.is_fresh else f"as Slurm said last; {_doubt(word, None)}"
    return Status(phase, f"{says}; {why}", host=word.line.node, host_is_node=bool(word.line.node), disk_trouble=True)


def slurm_status(look: SlurmRun, word: SlurmWord | None) -> Status:
    """Who is right when records, Slurm and signs of life disagree."""
    process = read_record(look.attempt.process, ProcessRecord) if look.attempt else None
    number = look.attempt.number if look.attempt else 0
    if look.recorded is None and process is None and look.asked_by:
        return Status(Phase.STOPPED, f"{look.asked_by} before it started", number)
    line = word.line if word is not None and word.is_fresh else None
    if look.recorded is not None:
        return _recorded_status(look, look.recorded, word)
    if word is not None and line is not None and line.is_over and not _may_still_be_written(line.ends):
        kind = ExitKind.HOST_OUT_OF_MEMORY if line.state == "OUT_OF_MEMORY" else None
        phase = Phase.STOPPED if look.asked_by else PHASES[line.course]
        return Status(phase, look.asked_by or word.why, number, exit_kind=kind)
    return _not_begun_status(look, word) if process is None else _begun_status(look, process, word)


def _recorded_status(look: SlurmRun, recorded: Status, word: SlurmWord | None) -> Status:
    """An attempt that ended, unless Slurm is about to begin the next one in the same job."""
    if recorded.phase is Phase.FINISHED or look.asked_by or look.attempt is None:
        return recorded
    age = _age(look.attempt.exit)
    if _runs_since(word, age):
        return Status(Phase.STARTING, "", recorded.attempt, host=word.line.node if word and word.line else "")
    if not _waits_since(word, age) and not (look.comes_back and _may_come_back(word, age)):
        return recorded
    return Status(Phase.QUEUED, _again(recorded.cause or recorded.phase.value, word), recorded.attempt)


def _again(after: str, word: SlurmWord | None) -> str:
    doubt = ""
    if word is not None and not word.is_fresh:
        doubt = f"; {_doubt(word, None)}"
    elif word is not None and word.line is None and word.missing_seconds is not None:
        doubt = "; Slurm does not know its job any more"
    return f"again, after {after}{doubt}"


def _may_come_back(word: SlurmWord | None, age_seconds: float | None) -> bool:
    """Whether Slurm has said nothing against it since a record of that age promised another attempt in the same job.

    For some seconds after the record Slurm still shows the job as running or completing, or as ended by its node; then
    it waits. Without any word on the job the promise holds as long as a beat may stand still.
    """
    if word is None or age_seconds is None:
        return False
    if word.line is not None:
        return not word.line.is_over or _may_still_be_written(word.line.ends)
    if word.is_fresh and word.missing_seconds is not None:
        return not word.is_gone
    return age_seconds < min(word.age_seconds, patience_seconds())


def _waits_since(word: SlurmWord | None, age_seconds: float | None) -> bool:
    """Whether Slurm said that the job waits, after what is so old: a job may start and end between two answers."""
    if word is None or word.line is None or word.line.course is not Course.WAITS:
        return False
    return word.is_fresh if age_seconds is None else word.age_seconds < age_seconds


def _runs_since(word: SlurmWord | None, age_seconds: float | None) -> bool:
    """Whether Slurm said that the job was started after what is so old: its next attempt is about to be made."""
    if word is None or not word.is_fresh or word.line is None or word.line.course is not Course.ALIVE:
        return False
    began = word.line.starts
    return began is not None and age_seconds is not None and time.time() - began < age_seconds - CLOCKS_SECONDS


def _age(path: Path) -> float | None:
    try:
        return time.time() - path.stat(follow_symlinks=False).st_mtime
    except OSError:
        return None


def _may_still_be_written(ended: float | None) -> bool:
    return ended is not None and 0 <= time.time() - ended < SETTLED_SECONDS


def _begun_status(look: SlurmRun, process: ProcessRecord, word: SlurmWord | None) -> Status:
    """Of an attempt whose trainer was started and that has no record of its end."""
    assert look.attempt is not None
    if _waits_since(word, _age_of_signs(look.run, look.attempt)):
        again = _again(f"its job left {process.host} without a record", word)
        return Status(Phase.STOPPED if look.asked_by else Phase.QUEUED, look.asked_by or again, look.attempt.number)
    still = _still_seconds(look.run, look.attempt, look.beats)
    job = job_of(look.attempt)
    if word is not None and word.is_fresh and word.is_gone and (still is None or still >= patience_seconds()):
        life = length_words(still if still is not None else time.time() - process.started)
        cause = f"{_forgotten(word, job)}, and it gave no sign of life for {life}"
        return Status(Phase.LOST, cause, look.attempt.number)
    phase = Phase.STOPPING if look.asked_by else Phase.RUNNING if look.has_begun() else Phase.STARTING
    status = Status(phase, look.asked_by, look.attempt.number, host=process.host, beat_seconds=still)
    doubt = _doubt(word, job, still)
    if not doubt:
        return status
    life = f"on {process.host}" + ("" if still is None else f", last sign of life {length_words(still)} ago")
    return replace(status, cause="; ".join(part for part in (look.asked_by, life, doubt) if part))


def _forgotten(word: SlurmWord, job: JobRecord | None) -> str:
    number = job.job if job else ""
    return word.denial(number) if word.is_taken else f"Slurm knows its job {number} no more"


def _doubt(word: SlurmWord | None, job: JobRecord | None, still: float | None = None) -> str:
    """Why Slurm's word does not settle that the run is alive, in words; empty if it does.

    Args:
        still: for how long it has given no sign of life; None: it never gave one.
    """
    if word is None:
        return "Slurm is not asked for it here"
    if not word.is_fresh:
        heard = f", and was heard {length_words(word.age_seconds)} ago" if word.cluster else ""
        silent = heard or f" for {length_words(word.age_seconds)}"
        return f"{word.silence()}{silent if word.age_seconds < float('inf') else ''}"
    denial = word.denial(job.job if job else "")
    if not denial:
        return ""
    left = max(gone_in_seconds(word), patience_seconds() - (still if still is not None else patience_seconds()))
    return f"{denial}: lost in {length_words(left)} without a sign of life"


def gone_in_seconds(word: SlurmWord) -> float:
    """How long Slurm must still deny a job before it counts as forgotten; at least 1, as it must answer again."""
    return 1.0 if word.is_gone else max(1.0, GONE_SECONDS - (word.missing_seconds or 0.0))


def _not_begun_status(look: SlurmRun, word: SlurmWord | None) -> Status:
    """Of an attempt for which no trainer was started yet."""
    attempt, number = look.attempt, look.attempt.number if look.attempt else 0
    line = word.line if word is not None and word.is_fresh else None
    if line is not None and line.course is not Course.WAITS:
        return Status(Phase.STARTING, "", number, host=line.node)
    job = job_of(attempt)
    if job is not None and word is not None and word.is_fresh and word.is_gone:
        return Status(Phase.LOST, f"{_forgotten(word, job)}, and it never began", number)
    place = read_shown_record(look.run.place, Place)
    if place is not None and place.held:
        return Status(Phase.QUEUED, f"held by {place.by}", number, held=True)
    if line is not None and is_held_by_slurm(line.reason):
        return Status(Phase.QUEUED, "held in Slurm", number, held=True)
    retry = read_record(attempt.retry, RetryRecord) if attempt else None
    again = f"again, after {retry.why}" if retry is not None and retry.automatic else ""
    return Status(Phase.QUEUED, again, number)


def is_held_by_slurm(reason: str) -> bool:
    """Whether a waiting job starts only after it is released."""
    return "held" in reason.lower()


def _age_of_signs(run: RunFolder, attempt: AttemptFolder) -> float | None:
    ages = [age for path in (attempt.beat, attempt.process, run.events) if (age := _age(path)) is not None]
    return min(ages, default=None)


def _still_seconds(run: RunFolder, attempt: AttemptFolder, beats: BeatWatch | None) -> float | None:
    """For how long neither its beat nor its events moved; None if there is neither."""
    stamps = [stamp for stamp in (beat_ns(attempt), _events_ns(run)) if stamp is not None]
    if not stamps:
        return None
    if beats is not None:  # the file server's clock may be wrong
        return beats.look(attempt, max(stamps))[0]
    return max(0.0, time.time() - max(stamps) / 1e9)


def _events_ns(run: RunFolder) -> int | None:
    try:
        return run.events.stat(follow_symlinks=False).st_mtime_ns
    except OSError:
        return None
