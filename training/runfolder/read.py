"""Reading a run folder while others write it: never raises for a race, never invents what is not there."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from pathlib import Path
from typing import Any, TypeVar

from training.runfolder.beat import BeatWatch
from training.runfolder.foreign import elsewhere_status, is_elsewhere, namesake_status
from training.runfolder.host import boot_id
from training.runfolder.layout import AttemptFolder, RunFolder
from training.runfolder.lock import is_held
from training.runfolder.schema import (
    FORMAT,
    Environment,
    Event,
    ExitKind,
    ExitRecord,
    NewerFormat,
    Owner,
    Place,
    ProcessRecord,
    Result,
    RetryRecord,
    RunFolderError,
    Signature,
    Spec,
    State,
    Status,
    StopRequest,
    UnreadableFile,
)

R = TypeVar(
    "R", Spec, ProcessRecord, ExitRecord, StopRequest, Place, RetryRecord, Result, Signature, Environment, Owner
)

STATES_OF_ENDS = {
    ExitKind.FINISHED: State.FINISHED,
    ExitKind.STOPPED: State.STOPPED,
    ExitKind.TIME_LIMIT: State.STOPPED,
}
"""Every other end is a failure."""

RECORDS = (Spec, ProcessRecord, ExitRecord, StopRequest, Place, RetryRecord, Result, Signature, Environment, Owner)
KNOWN_FIELDS = {kind: frozenset(field.name for field in dataclasses.fields(kind)) for kind in RECORDS}

LARGEST_POLL_BYTES = 8 << 20
"""How much of an event file one poll takes in, so that a long history never stalls a reader."""


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in `path`; None where there is no such file.

    Raises:
        UnreadableFile: no JSON object.
        NewerFormat: from a later version of this program.
    """
    try:
        content = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError as error:
        raise UnreadableFile(f"{path}: may not be read by you. Ask its owner.") from error
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"{path}: {error}. Move the file away, or restore it from a backup.") from error
    if not isinstance(content, dict):
        raise UnreadableFile(f"{path}: holds a {type(content).__name__}, not an object.")
    version = content.get("format", 1)
    if isinstance(version, int) and version > FORMAT:
        raise NewerFormat(
            f"{path}: written in format {version}; this version reads up to {FORMAT}. Upgrade iqa-tui to read it."
        )
    return content


def read_record(path: Path, kind: type[R]) -> R | None:
    """One of the whole files of `schema`; None where there is no such file. Unknown fields are passed over.

    Raises:
        UnreadableFile, NewerFormat: as `read_json`, or a field is missing.
    """
    content = read_json(path)
    if content is None:
        return None
    known = KNOWN_FIELDS[kind]
    values = {name: value for name, value in content.items() if name in known}
    if kind is ExitRecord and "kind" in values:
        values["kind"] = _exit_kind(values["kind"])
    try:
        return kind(**values)
    except TypeError as error:
        raise UnreadableFile(f"{path}: {error}.") from error


def _exit_kind(name: object) -> ExitKind:
    """A kind that only a later version knows counts as a failure; its cause still says what happened."""
    try:
        return ExitKind(str(name))
    except ValueError:
        return ExitKind.FAILED


def read_spec(run: RunFolder) -> Spec:
    """What was asked.

    Raises:
        UnreadableFile: missing, or not a spec.
        NewerFormat: from a later version.
    """
    spec = read_record(run.spec, Spec)
    if spec is None:
        raise UnreadableFile(f"{run.spec}: there is no such file, so {run.path} is not a run.")
    return spec


def parse_event(line: bytes) -> Event | None:
    """One line without its newline; None where it is torn or no event."""
    try:
        content = json.loads(line)
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    kind, t, attempt = content.pop("kind", None), content.pop("t", None), content.pop("attempt", None)
    if not isinstance(kind, str) or not isinstance(t, int | float) or not isinstance(attempt, int):
        return None
    return Event(kind=kind, t=float(t), attempt=attempt, fields=content)


class EventTail:
    """Follows one `events.jsonl` from its beginning; each `poll` gives what is new.

    What follows the last newline is held back until its newline comes. Lines that are no events are counted in
    `torn` and skipped. A file that shrank or was replaced is read anew: `restarted` grows by one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.torn = 0
        self.restarted = 0
        self._offset = 0
        self._inode: int | None = None

    def poll(self) -> list[Event]:
        """The events since the last call; [] where the file is absent or nothing is new.

        At most `LARGEST_POLL_BYTES` are read: call again while it gives something to catch up with a history.
        """
        try:
            with self.path.open("rb") as file:
                state = os.fstat(file.fileno())
                if self._inode is not None and (state.st_ino != self._inode or state.st_size < self._offset):
                    self._offset, self.torn, self.restarted = 0, 0, self.restarted + 1
                self._inode = state.st_ino
                if state.st_size == self._offset:
                    return []
                file.seek(self._offset)
                chunk = file.read(LARGEST_POLL_BYTES)
        except OSError:  # not there, closed, a folder in its place: there is nothing to follow
            return []
        complete = chunk.rfind(b"\n") + 1
        if complete == 0 and len(chunk) == LARGEST_POLL_BYTES:  # no event is this long: pass over it
            self._offset, self.torn = self._offset + len(chunk), self.torn + 1
            return []
        self._offset += complete
        events = []
        for line in chunk[:complete].split(b"\n"):
            if not line.strip():
                continue
            event = parse_event(line)
            if event is None:
                self.torn += 1
            else:
                events.append(event)
        return events


def read_events(run: RunFolder) -> list[Event]:
    """Every event of the run so far."""
    tail = EventTail(run.events)
    events: list[Event] = []
    while new := tail.poll():
        events += new
    return events


def run_status(
    run: RunFolder, *, begun_attempt: int = 0, spec: Spec | None = None, beats: BeatWatch | None = None
) -> Status:
    """Work out what a run is doing. Never raises; looking never changes the answer.

    `result.json` and `exit.json` are believed before locks, locks before anything else. Of an attempt on another host
    the records and its beat tell, and nothing else.

    Args:
        begun_attempt: the newest attempt whose `started` event the caller has seen, which saves reading the
            events of a running run again; 0 where the caller follows no events.
        spec: where the caller has read it before; it never changes.
        beats: of a caller who looks again and again; None: this is a single look.
    """
    try:
        spec = spec or read_spec(run)
        attempt = run.latest_attempt()
        recorded = _recorded_status(run, attempt)
        if recorded is not None:
            return recorded
        elsewhere = _elsewhere_status(run, spec, attempt, begun_attempt)
        if elsewhere is not None:
            return elsewhere
        if is_held(run.alive_lock):
            return _alive_status(run, spec, run.latest_attempt(), begun_attempt)
        # It may have ended between the two looks. Its records were written before the lock was freed.
        attempt = run.latest_attempt()
        return (
            _recorded_status(run, attempt)
            or _namesake_status(run, spec, attempt, begun_attempt, beats)
            or _idle_status(run, attempt)
        )
    except RunFolderError as error:
        return Status(State.UNREADABLE, str(error))
    except OSError as error:
        return Status(State.UNREADABLE, f"{run.path}: {error.strerror or error}")


def _recorded_status(run: RunFolder, attempt: AttemptFolder | None) -> Status | None:
    """What the records say, or None where there is none yet."""
    number = attempt.number if attempt else 0
    ended = read_record(attempt.exit, ExitRecord) if attempt else None
    if run.result.exists():
        read_record(run.result, Result)
        return Status(State.FINISHED, attempt=number, exit_kind=ExitKind.FINISHED)
    if ended is None:
        return None
    return Status(STATES_OF_ENDS.get(ended.kind, State.FAILED), ended.cause, number, exit_kind=ended.kind)


def _alive_status(run: RunFolder, spec: Spec, attempt: AttemptFolder | None, begun_attempt: int) -> Status:
    number = attempt.number if attempt else 0
    supervised = is_held(run.supervisor_lock)
    if run.stop.exists():
        return Status(State.STOPPING, _asked_by(run), number, supervised)
    begun = 0 < number <= begun_attempt or (attempt is not None and _has_begun(run, spec, attempt))
    state = State.RUNNING if begun else State.STARTING
    return Status(state, "" if supervised else "unsupervised", number, supervised)


def _elsewhere_status(run: RunFolder, spec: Spec, attempt: AttemptFolder | None, begun_attempt: int) -> Status | None:
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
    return _asked_by(run) if run.stop.exists() else ""


def _idle_status(run: RunFolder, attempt: AttemptFolder | None) -> Status:
    """Nobody holds the lock and nobody wrote an end."""
    number = attempt.number if attempt else 0
    process = read_record(attempt.process, ProcessRecord) if attempt else None
    if process is None:
        if run.stop.exists():
            return Status(State.STOPPED, f"{_asked_by(run)} before it started", number)
        return _queued_status(run, attempt)
    if run.stop.exists():
        return Status(State.STOPPED, f"{_asked_by(run)}; nobody was left to write down how it ended", number)
    if process.boot_id != boot_id():
        return Status(State.LOST, f"host {process.host} rebooted while it ran", number)
    return Status(State.LOST, "its processes are gone and left no record of why", number)


def _queued_status(run: RunFolder, attempt: AttemptFolder | None) -> Status:
    number = attempt.number if attempt else 0
    place = read_record(run.place, Place)
    if place is not None and place.held:
        return Status(State.QUEUED, f"held by {place.by}", number, held=True)
    retry = read_record(attempt.retry, RetryRecord) if attempt else None
    again = f"again, after {retry.why}" if retry is not None and retry.automatic else ""
    return Status(State.QUEUED, again, number)


def _asked_by(run: RunFolder) -> str:
    request = read_record(run.stop, StopRequest)
    return f"stopped by {request.by}" if request else "stopped"


def _has_begun(run: RunFolder, spec: Spec, attempt: AttemptFolder) -> bool:
    """Our trainer says `started` itself; another's command may never say a word, so its process is all there is."""
    if spec.trainer == "training":
        return any(event.kind == "started" and event.attempt == attempt.number for event in read_events(run))
    return attempt.process.exists()


SETTLED_SECONDS = 2.0
"""A folder that changed this lately may change again within one tick of its time stamp, so it is not trusted."""


def change_stamp(run: RunFolder, attempt: int) -> tuple[int, ...] | None:
    """Time stamps in which every change of a run that nobody works on shows: each is a file that appears.

    Args:
        attempt: the newest one; 0 before the first. A newer one shows in the stamp of its parent.

    Returns:
        Nanoseconds, 0 for a folder that is not there; None where one cannot be looked at.
    """
    try:
        return tuple(_modified_ns(path) for path in (run.path, run.attempts_dir, run.attempt(attempt).path))
    except OSError:
        return None


def is_settled(stamp: tuple[int, ...]) -> bool:
    """Whether the same stamp later means that nothing changed."""
    return max(stamp) < time.clock_gettime_ns(time.CLOCK_REALTIME) - SETTLED_SECONDS * 1e9  # what files are stamped by


def _modified_ns(path: Path) -> int:
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116  half the cost of Path.stat, and this runs for every run
    except FileNotFoundError:
        return 0


def start_ticks(pid: int) -> int | None:
    """Field 22 of /proc/<pid>/stat; None where there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    return int(stat.rpartition(b")")[2].split()[19])
