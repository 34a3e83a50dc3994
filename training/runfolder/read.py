"""Reading a run folder while others write it: never raises for a race, never invents what is not there."""

from __future__ import annotations

import codecs
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from training.runfolder.beat import BeatWatch
from training.runfolder.fields import (
    LAST_SECOND,
    LONGEST_TEXT,
    MOST_ATTEMPTS,
    WrongField,
    build,
    has_long_text,
    shown,
    with_whole_characters,
)
from training.runfolder.foreign import elsewhere_status, is_elsewhere, namesake_status
from training.runfolder.host import boot_id
from training.runfolder.layout import AttemptFolder, RunFolder
from training.runfolder.lock import is_held
from training.runfolder.opening import is_there, open_regular, read_bounded
from training.runfolder.schema import (
    FORMAT,
    Environment,
    Event,
    ExitKind,
    ExitRecord,
    NewerFormat,
    Owner,
    Phase,
    Place,
    ProcessRecord,
    Result,
    RetryRecord,
    RunFolderError,
    Signature,
    Spec,
    Status,
    StopRequest,
    UnreadableFile,
)
from training.runfolder.text import plain_copy

R = TypeVar(
    "R", Spec, ProcessRecord, ExitRecord, StopRequest, Place, RetryRecord, Result, Signature, Environment, Owner
)

STATES_OF_ENDS = {
    ExitKind.FINISHED: Phase.FINISHED,
    ExitKind.STOPPED: Phase.STOPPED,
    ExitKind.TIME_LIMIT: Phase.STOPPED,
}
"""Every other end is a failure."""

NOT_SHOWN = ("plan", "config", "versions")
"""Large tables of which a listing shows nothing; who shows a part of one cleans it."""
LARGEST_POLL_BYTES = 8 << 20
"""How much of an event file one poll takes in, so that a long history never stalls a reader."""
MOST_POLL_LINES = 100_000
"""Likewise, of a file of short lines; so many events are longer than one poll takes in."""
LONGEST_EVENT_BYTES = 64 << 10
LARGEST_EVENTS_BYTES = 1 << 30
"""Some millions of steps. A file that claims more is not read: it may be hollow, and endless."""
MOST_TORN_LINES = 10_000
"""A file in which more lines are no events is another file; it is not read on."""


class _NotPlain(ValueError):
    """JSON that Python takes and other readers do not."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        raise _NotPlain(f"{shown(next(name for name in names if names.count(name) > 1))} stands in it twice")
    return table


def _no_number(name: str) -> Any:
    raise _NotPlain(f"{name} is no number in JSON")


DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_number)


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in `path`; None where there is no such file.

    Raises:
        UnreadableFile: no JSON object, or no file.
        NewerFormat: from a later version of this program.
    """
    raw = _raw(path)
    return None if raw is None else _object(raw, path)


def _raw(path: Path) -> bytes | None:
    """None if there is no such file. Raises as `read_json`."""
    try:
        return read_bounded(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError as error:
        raise UnreadableFile(f"{path}: may not be read by you. Ask its owner.") from error
    except OSError as error:
        raise UnreadableFile(f"{path}: cannot be read ({error.strerror or error}).") from error


def _object(raw: bytes, path: Path) -> dict[str, Any]:
    content = _parsed(path, raw)
    if not isinstance(content, dict):
        raise UnreadableFile(f"{path}: holds a {type(content).__name__}, not an object.")
    version = content.get("format", 1)
    if type(version) is not int:
        raise UnreadableFile(f"{path}: format is {shown(version)}, but must be a whole number. Mend it.")
    if version > FORMAT:
        raise NewerFormat(
            f"{path}: written in format {version}; this version reads up to {FORMAT}. Upgrade iqa-tui to read it."
        )
    return content


def _parsed(path: Path, raw: bytes) -> Any:
    """The JSON of a record; names that stand twice and numbers that JSON does not know are refused.

    Raises:
        UnreadableFile: it is no such JSON.
    """
    try:
        content = DECODER.decode(raw.removeprefix(codecs.BOM_UTF8).decode())
        if rb"\u" in raw:
            content = with_whole_characters(content)
        if len(raw) <= LONGEST_TEXT or not has_long_text(content):
            return content
        words = f"a text in it is longer than {LONGEST_TEXT:,} characters"
    except UnicodeDecodeError as error:
        words = f"is no text in UTF-8, from byte {error.start} on"
    except (json.JSONDecodeError, _NotPlain) as error:
        words = str(error)
    except ValueError:
        words = "a number in it has too many digits"
    except RecursionError:
        words = "lists or tables in it are nested too deeply"
    except MemoryError:
        words = "there is not enough memory for what is in it"
    raise UnreadableFile(f"{path}: {words}. Move the file away, or restore it from a backup.")


def read_record(path: Path, kind: type[R]) -> R | None:
    """One of the whole files of `schema`; None where there is no such file. Unknown fields are passed over.

    Raises:
        UnreadableFile, NewerFormat: as `read_json`, or a field is missing or not what it must be.
    """
    content = read_json(path)
    return None if content is None else _record(content, kind, path)


def read_shown_record(path: Path, kind: type[R]) -> R | None:
    """As `read_record`, for showing: every text in it but those of large tables is plain. Not for who executes it."""
    raw = _raw(path)
    if raw is None:
        return None
    record = parse_record(raw, kind, path)
    # JSON's own bytes tell in an instant that no text in it can be harmful: printable ASCII, and no escapes.
    is_harmless = raw.isascii() and b"\\" not in raw and b"\x7f" not in raw
    return record if is_harmless else plain_copy(record, leave=NOT_SHOWN)


def parse_record(content: bytes, kind: type[R], path: Path) -> R:
    """A record from bytes that were read already. Raises as `read_record`; `path` is named then."""
    return _record(_object(content, path), kind, path)


def _record(content: dict[str, Any], kind: type[R], path: Path) -> R:
    if kind is ExitRecord and type(content.get("kind")) is str:
        content["kind"] = _exit_kind(content["kind"])
    try:
        return build(kind, content)
    except WrongField as error:
        raise UnreadableFile(f"{path}: {error}. Mend it, or restore the file from a backup.") from error


def _exit_kind(name: str) -> ExitKind:
    """A kind that only a later version knows counts as a failure; its cause still says what happened."""
    try:
        return ExitKind(name)
    except ValueError:
        return ExitKind.FAILED


def read_spec(run: RunFolder) -> Spec:
    """What was asked.

    Raises:
        UnreadableFile: missing, or not a spec, or the folder is none that may be looked into.
        NewerFormat: from a later version.
    """
    _refuse_trouble(run)
    spec = read_record(run.spec, Spec)
    if spec is None:
        raise UnreadableFile(f"{run.spec}: there is no such file, so {run.path} is not a run.")
    return spec


def _refuse_trouble(run: RunFolder) -> None:
    if run.trouble:
        raise UnreadableFile(f"{run.path}: {run.trouble}")


def parse_event(line: bytes) -> Event | None:
    """One line without its newline; None where it is torn or no event. Its fields may be any JSON."""
    if len(line) > LONGEST_EVENT_BYTES:
        return None
    try:
        content = json.loads(line.decode())
        if rb"\u" in line:
            content = with_whole_characters(content)
    except (ValueError, RecursionError, MemoryError):
        return None
    if type(content) is not dict:
        return None
    kind, t, attempt = content.pop("kind", None), content.pop("t", None), content.pop("attempt", None)
    if type(kind) is not str or type(t) not in (int, float) or type(attempt) is not int:
        return None
    if not (0 <= t <= LAST_SECOND and 0 <= attempt <= MOST_ATTEMPTS):  # nor is a time that is no number
        return None
    return Event(kind, float(t), attempt, content)


class EventTail:
    """Follows one `events.jsonl` from its beginning; each `poll` gives what is new.

    What follows the last newline is held back until its newline comes. Lines that are no events are counted in
    `torn` and skipped. A file that shrank or was replaced is read anew: `restarted` grows by one. What is no file, or
    no file of events, is not read: `problem` says why.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.torn = 0
        self.restarted = 0
        self.problem = ""
        """Why the events that there may be are not read, in words; empty where they are."""
        self._offset = 0
        self._inode: int | None = None

    def poll(self) -> list[Event]:
        """The events since the last call; [] where the file is absent or nothing is new.

        At most `LARGEST_POLL_BYTES` and `MOST_POLL_LINES` are read: call again while it gives something to catch up
        with a history.
        """
        self.problem = ""
        try:
            chunk = self._next_chunk()
        except (FileNotFoundError, NotADirectoryError):
            return []
        except UnreadableFile as error:
            self.problem = str(error)
            return []
        except OSError as error:
            self.problem = f"{self.path}: cannot be read ({error.strerror or error})."
            return []
        *lines, rest = chunk.split(b"\n", MOST_POLL_LINES)
        if not lines and len(chunk) == LARGEST_POLL_BYTES:  # no event is this long: pass over it
            self._offset, self.torn = self._offset + len(chunk), self.torn + 1
            return []
        self._offset += len(chunk) - len(rest)
        return self._events_in(lines)

    def _next_chunk(self) -> bytes:
        """What follows what was read.

        Raises:
            UnreadableFile: it is no file, or none of events.
            OSError: it is not there, or may not be read.
        """
        descriptor = open_regular(self.path)
        try:
            state = os.fstat(descriptor)
            if self._inode is not None and (state.st_ino != self._inode or state.st_size < self._offset):
                self._offset, self.torn, self.restarted = 0, 0, self.restarted + 1
            self._inode = state.st_ino
            if state.st_size > LARGEST_EVENTS_BYTES:
                raise UnreadableFile(f"{self.path}: {state.st_size:,} bytes are more than the events of a run have.")
            if self.torn > MOST_TORN_LINES:
                raise UnreadableFile(f"{self.path}: more than {MOST_TORN_LINES:,} of its lines are no events.")
            if state.st_size == self._offset:
                return b""
            return os.pread(descriptor, LARGEST_POLL_BYTES, self._offset)
        finally:
            os.close(descriptor)

    def _events_in(self, lines: list[bytes]) -> list[Event]:
        events = []
        for line in lines:
            if not line.strip():
                continue
            event = parse_event(line)
            if event is None:
                self.torn += 1
                if self.torn > MOST_TORN_LINES:
                    break
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


@dataclass(slots=True)
class Seen:
    """What `run_status` read of the end of the newest attempt, for showing, so that no one has to read it again."""

    exit: ExitRecord | None = None
    result: Result | None = None


def run_status(
    run: RunFolder,
    *,
    begun_attempt: int = 0,
    spec: Spec | None = None,
    seen: Seen | None = None,
    beats: BeatWatch | None = None,
) -> Status:
    """Work out what a run is doing. Never raises; looking never changes the answer.

    `result.json` and `exit.json` are believed before locks, locks before anything else. Of an attempt on another host
    the records and its beat tell, and nothing else.

    Args:
        begun_attempt: the newest attempt whose `started` event the caller has seen, which saves reading the
            events of a running run again; 0 where the caller follows no events.
        spec: where the caller has read it before; it never changes.
        seen: filled in, if given.
        beats: of a caller who looks again and again; None: this is a single look.
    """
    seen = seen or Seen()
    try:
        _refuse_trouble(run)
        spec = spec or read_spec(run)
        attempt = run.latest_attempt()
        recorded = _recorded_status(run, attempt, seen)
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
            _recorded_status(run, attempt, seen)
            or _namesake_status(run, spec, attempt, begun_attempt, beats)
            or _idle_status(run, attempt)
        )
    except RunFolderError as error:
        return Status(Phase.UNREADABLE, str(error))
    except OSError as error:
        return Status(Phase.UNREADABLE, f"{error.filename or run.path}: {error.strerror or error}")


def _recorded_status(run: RunFolder, attempt: AttemptFolder | None, seen: Seen) -> Status | None:
    """What the records say, or None where there is none yet."""
    number = attempt.number if attempt else 0
    seen.exit = ended = read_shown_record(attempt.exit, ExitRecord) if attempt else None
    seen.result = read_shown_record(run.result, Result)
    if seen.result is not None:
        return Status(Phase.FINISHED, attempt=number, exit_kind=ExitKind.FINISHED)
    if ended is None:
        return None
    return Status(STATES_OF_ENDS.get(ended.kind, Phase.FAILED), ended.cause, number, exit_kind=ended.kind)


def _alive_status(run: RunFolder, spec: Spec, attempt: AttemptFolder | None, begun_attempt: int) -> Status:
    number = attempt.number if attempt else 0
    supervised = is_held(run.supervisor_lock)
    if is_there(run.stop):
        return Status(Phase.STOPPING, _asked_by(run), number, supervised)
    begun = 0 < number <= begun_attempt or (attempt is not None and _has_begun(run, spec, attempt))
    state = Phase.RUNNING if begun else Phase.STARTING
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
    return _asked_by(run) if is_there(run.stop) else ""


def _idle_status(run: RunFolder, attempt: AttemptFolder | None) -> Status:
    """Nobody holds the lock and nobody wrote an end."""
    number = attempt.number if attempt else 0
    process = read_record(attempt.process, ProcessRecord) if attempt else None
    if process is None:
        if is_there(run.stop):
            return Status(Phase.STOPPED, f"{_asked_by(run)} before it started", number)
        return _queued_status(run, attempt)
    if is_there(run.stop):
        return Status(Phase.STOPPED, f"{_asked_by(run)}; nobody was left to write down how it ended", number)
    if process.boot_id != boot_id():
        return Status(Phase.LOST, f"host {process.host} rebooted while it ran", number)
    return Status(Phase.LOST, "its processes are gone and left no record of why", number)


def _queued_status(run: RunFolder, attempt: AttemptFolder | None) -> Status:
    number = attempt.number if attempt else 0
    is_held(run.supervisor_lock)  # a pipe in its place is told now, and not when a device was given to it
    place = read_record(run.place, Place)
    if place is not None and place.held:
        return Status(Phase.QUEUED, f"held by {place.by}", number, held=True)
    retry = read_record(attempt.retry, RetryRecord) if attempt else None
    again = f"again, after {retry.why}" if retry is not None and retry.automatic else ""
    return Status(Phase.QUEUED, again, number)


def _asked_by(run: RunFolder) -> str:
    request = read_record(run.stop, StopRequest)
    return f"stopped by {request.by}" if request else "stopped"


def _has_begun(run: RunFolder, spec: Spec, attempt: AttemptFolder) -> bool:
    """Our trainer says `started` itself; another's command may never say a word, so its process is all there is."""
    if spec.trainer == "training":
        return any(event.kind == "started" and event.attempt == attempt.number for event in read_events(run))
    return is_there(attempt.process)


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
        attempts = f"{run.attempts_dir}"  # half the cost of paths, and this runs for every run
        return _modified_ns(run.path), _modified_ns(attempts), _modified_ns(f"{attempts}/{attempt}")
    except OSError:
        return None


def is_settled(stamp: tuple[int, ...]) -> bool:
    """Whether the same stamp later means that nothing changed."""
    return max(stamp) < time.clock_gettime_ns(time.CLOCK_REALTIME) - SETTLED_SECONDS * 1e9  # what files are stamped by


def _modified_ns(path: Path | str) -> int:
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
