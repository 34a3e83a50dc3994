"""What a run is doing, worked out from its files. Never raises for a race, never invents what is not there."""

from __future__ import annotations

from dataclasses import dataclass, replace

from training.runfolder.beat import BeatWatch
from training.runfolder.engines import RECORDED, SLURM
from training.runfolder.errors import RunFolderError, is_disk_trouble
from training.runfolder.events import has_started
from training.runfolder.exits import ExitKind
from training.runfolder.foreign import elsewhere_status, is_elsewhere, lockless_status, namesake_status
from training.runfolder.host import boot_id
from training.runfolder.job import SlurmAnswers, SlurmWord
from training.runfolder.layout import AttemptFolder, RunFolder
from training.runfolder.lock import NoLocks, is_held
from training.runfolder.opening import is_there
from training.runfolder.phase import Phase, Status
from training.runfolder.raw_errors import without_raw_errors
from training.runfolder.read import read_record, read_shown_record, read_spec, refuse_trouble
from training.runfolder.schema import ExitRecord, Place, ProcessRecord, Result, RetryRecord, StopRequest
from training.runfolder.slurm_status import SlurmRun, slurm_status, unreadable_status, word_on
from training.runfolder.spec import Spec

STATES_OF_ENDS = {
    ExitKind.FINISHED: Phase.FINISHED,
    ExitKind.STOPPED: Phase.STOPPED,
    ExitKind.TIME_LIMIT: Phase.STOPPED,
}
"""Every other end is a failure."""


@dataclass(slots=True)
class Seen:
    """What `run_status` read, so that a caller need not read it again to show it."""

    attempt: AttemptFolder | None = None
    """The newest one; None before the first, and if it could not be looked for."""
    place: Place | None = None
    """Of a queued run."""
    exit: ExitRecord | None = None
    result: Result | None = None
    word: SlurmWord | None = None
    """Slurm's, on the job of the newest attempt; None if there is none."""


def run_status(
    run: RunFolder,
    *,
    begun_attempt: int = 0,
    spec: Spec | None = None,
    seen: Seen | None = None,
    beats: BeatWatch | None = None,
    slurm: SlurmAnswers | None = None,
) -> Status:
    """Work out what a run is doing. Never raises; looking never changes the answer.

    `result.json` and `exit.json` are believed before locks, locks before anything else. For an attempt on another host
    its records and its beat count, and nothing else.

    Args:
        begun_attempt: the newest attempt whose `started` event the caller has seen, which saves reading the
            events of a running run again; 0 if the caller follows no events.
        spec: if the caller has read it already; it never changes.
        seen: filled in, if given.
        beats: of a caller that looks again and again; None: this is a single look.
        slurm: its answers, which a Slurm run is asked for in; None: Slurm is silent.
    """
    seen = seen or Seen()
    try:
        refuse_trouble(run)
        spec = spec or read_spec(run)
        attempt = run.latest_attempt()
        known = _recorded_status(run, attempt, seen)
        if spec.engine == RECORDED:
            known = _imported_status(run, seen)
        elif spec.engine == SLURM:
            seen.word = word_on(run, attempt, slurm)
            known = slurm_status(_slurm_run(run, spec, seen, known, begun_attempt, beats), seen.word)
            known = replace(known, host_is_node=bool(known.host))
        known = known or _elsewhere_status(run, spec, attempt, begun_attempt, beats)
        return known or _status_here(run, spec, seen, begun_attempt, beats)
    except RunFolderError as error:
        return unreadable_status(run, str(error), slurm if is_disk_trouble(error) else None)
    except OSError as error:
        words = f"{error.filename or run.path}: {error.strerror or error}"
        return unreadable_status(run, words, slurm if is_disk_trouble(error) else None)


def _status_here(run: RunFolder, spec: Spec, seen: Seen, begun_attempt: int, beats: BeatWatch | None) -> Status:
    """Of a run that has no record of its end and that no other host works on: its locks tell."""
    try:
        if is_held(run.alive_lock):
            return _alive_status(run, spec, run.latest_attempt(), begun_attempt)
    except NoLocks as trouble:
        return _lockless_status(run, spec, begun_attempt, beats, trouble)
    # It may have ended between the two looks. Its records were written before the lock was freed.
    attempt = run.latest_attempt()
    return (
        _recorded_status(run, attempt, seen)
        or _namesake_status(run, spec, attempt, begun_attempt, beats)
        or _idle_status(run, attempt, seen)
    )


def _slurm_run(
    run: RunFolder,
    spec: Spec,
    seen: Seen,
    recorded: Status | None,
    begun_attempt: int,
    beats: BeatWatch | None,
) -> SlurmRun:
    attempt = seen.attempt
    number = attempt.number if attempt else 0
    return SlurmRun(
        run,
        attempt,
        recorded,
        _asked_by_if(run),
        lambda: 0 < number <= begun_attempt or (attempt is not None and _has_begun(run, spec, attempt)),
        beats,
        comes_back=seen.exit is not None and seen.exit.comes_back,
    )


def _recorded_status(run: RunFolder, attempt: AttemptFolder | None, seen: Seen) -> Status | None:
    """What the records say; None if there is none yet."""
    seen.attempt = attempt
    number = attempt.number if attempt else 0
    seen.exit = ended = read_shown_record(attempt.exit, ExitRecord) if attempt else None
    result = read_shown_record(run.result, Result)
    seen.result = None if result is None else without_raw_errors(result)
    if seen.result is not None:
        return Status(Phase.FINISHED, attempt=number, exit_kind=ExitKind.FINISHED)
    if ended is None:
        return None
    return Status(STATES_OF_ENDS.get(ended.kind, Phase.FAILED), ended.cause, number, exit_kind=ended.kind)


def _imported_status(run: RunFolder, seen: Seen) -> Status:
    """Of a run that was measured elsewhere, of which there is a result and nothing else."""
    number = seen.attempt.number if seen.attempt else 0
    if seen.result is None:
        return Status(Phase.UNREADABLE, f"{run.result} is gone. Import its log again, and archive this run.", number)
    return Status(Phase.FINISHED, attempt=number, exit_kind=ExitKind.FINISHED, recorded=True)


def _alive_status(run: RunFolder, spec: Spec, attempt: AttemptFolder | None, begun_attempt: int) -> Status:
    number = attempt.number if attempt else 0
    supervised = is_held(run.supervisor_lock)
    if is_there(run.stop):
        return Status(Phase.STOPPING, _asked_by(run), number, supervised)
    begun = 0 < number <= begun_attempt or (attempt is not None and _has_begun(run, spec, attempt))
    state = Phase.RUNNING if begun else Phase.STARTING
    return Status(state, "" if supervised else "unsupervised", number, supervised)


def _elsewhere_status(
    run: RunFolder, spec: Spec, attempt: AttemptFolder | None, begun_attempt: int, beats: BeatWatch | None
) -> Status | None:
    """Of an attempt that another host works on; None if this host does, or none yet."""
    process = read_record(attempt.process, ProcessRecord) if attempt else None
    if attempt is None or process is None or not is_elsewhere(process):
        return None
    return elsewhere_status(
        run,
        attempt,
        process,
        has_begun=lambda: attempt.number <= begun_attempt or _has_begun(run, spec, attempt),
        asked_by=_asked_by_if(run),
        beats=beats,
    )


def _lockless_status(
    run: RunFolder, spec: Spec, begun_attempt: int, beats: BeatWatch | None, trouble: NoLocks
) -> Status:
    """Raises NoLocks: nothing has begun, and nothing can."""
    attempt = run.latest_attempt()
    if attempt is None or read_record(attempt.process, ProcessRecord) is None:
        raise trouble
    return lockless_status(
        attempt,
        trouble,
        has_begun=lambda: attempt.number <= begun_attempt or _has_begun(run, spec, attempt),
        asked_by=_asked_by_if(run),
        beats=beats,
    )


def _namesake_status(
    run: RunFolder, spec: Spec, attempt: AttemptFolder | None, begun_attempt: int, beats: BeatWatch | None
) -> Status | None:
    """Of an attempt that a host of this name may be at work on, after another boot; None if it is this host's."""
    process = read_record(attempt.process, ProcessRecord) if attempt else None
    if attempt is None or process is None or process.boot_id == boot_id():
        return None
    return namesake_status(
        attempt,
        has_begun=lambda: attempt.number <= begun_attempt or _has_begun(run, spec, attempt),
        asked_by=_asked_by_if(run),
        beats=beats,
    )


def _asked_by_if(run: RunFolder) -> str:
    return _asked_by(run) if is_there(run.stop) else ""


def _idle_status(run: RunFolder, attempt: AttemptFolder | None, seen: Seen) -> Status:
    """The status if no process holds the lock and there is no exit record."""
    number = attempt.number if attempt else 0
    process = read_record(attempt.process, ProcessRecord) if attempt else None
    if process is None:
        if is_there(run.stop):
            return Status(Phase.STOPPED, f"{_asked_by(run)} before it started", number)
        return _queued_status(run, attempt, seen)
    if is_there(run.stop):
        return Status(Phase.STOPPED, f"{_asked_by(run)}; no supervisor was left to record how it ended", number)
    if process.boot_id != boot_id():
        return Status(Phase.LOST, f"host {process.host} rebooted while it ran", number)
    return Status(Phase.LOST, "its processes are gone and left no record of why", number)


def _queued_status(run: RunFolder, attempt: AttemptFolder | None, seen: Seen) -> Status:
    number = attempt.number if attempt else 0
    is_held(run.supervisor_lock)  # a pipe in its place is reported now, not once a device is given
    seen.place = place = read_shown_record(run.place, Place)
    if place is not None and place.held:
        return Status(Phase.QUEUED, f"held by {place.by}", number, held=True)
    retry = read_record(attempt.retry, RetryRecord) if attempt else None
    again = f"again, after {retry.why}" if retry is not None and retry.automatic else ""
    return Status(Phase.QUEUED, again, number)


def _asked_by(run: RunFolder) -> str:
    request = read_record(run.stop, StopRequest)
    return f"stopped by {request.by}" if request else "stopped"


def _has_begun(run: RunFolder, spec: Spec, attempt: AttemptFolder) -> bool:
    """Our trainer writes `started`; an external trainer may write nothing, so its process record must do."""
    if spec.trainer == "training":
        return has_started(run, attempt.number)
    return is_there(attempt.process)
