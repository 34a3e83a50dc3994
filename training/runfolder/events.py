"""Reading `events.jsonl` while the trainer appends to it."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from training.runfolder.errors import UnreadableFile
from training.runfolder.fields import (
    LAST_SECOND,
    MOST_ATTEMPTS,
    with_whole_characters,
)
from training.runfolder.layout import RunFolder
from training.runfolder.opening import open_regular
from training.runfolder.schema import Event
from training.runfolder.step_lines import StepLines, split_lines

LARGEST_POLL_BYTES = 8 << 20
"""How much of an event file one poll reads, so that a long history never stalls a reader."""
MOST_POLL_LINES = 100_000
"""The same for a file of short lines; this many real events are more than one poll reads."""
LONGEST_EVENT_BYTES = 64 << 10
LARGEST_EVENTS_BYTES = 8 << 30
"""Some tens of millions of steps. A larger file is not read: it may be sparse, and endless."""
STEP = b'{"kind": "step", '
"""Begins a line of a step as the trainer writes it."""
FEWEST_STEP_LINES = 8
"""Fewer lines are sooner read by JSON."""
MOST_TORN_LINES = 10_000
"""A file with more lines that are no events is some other file; it is not read further."""


def parse_event(line: bytes) -> Event | None:
    """One line without its newline; None if it is torn or no event. Its fields may be any JSON."""
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
        """Why the events that there may be are not read, in words; empty if they are."""
        self.is_behind = False
        """Whether there may be more to read at once."""
        self._offset = 0
        self._is_within_a_line = False
        self._inode: int | None = None

    def poll(self) -> list[Event]:
        """The events since the last call; [] if the file is absent or nothing is new.

        At most `LARGEST_POLL_BYTES` and `MOST_POLL_LINES` are read: call again while it gives something to catch up
        with a history.
        """
        return self._events_in(self.next_lines(LARGEST_POLL_BYTES).split(b"\n"))

    def poll_steps(self, most_bytes: int = LARGEST_POLL_BYTES) -> list[Event | StepLines]:
        """As `poll`, but the steps that a trainer wrote one after another come as columns.

        Args:
            most_bytes: how much to read; more than an event has.
        """
        lines = self.next_lines(most_bytes)
        if lines.count(b"\n") < FEWEST_STEP_LINES:
            return list(self._events_in(lines.split(b"\n")))
        found: list[Event | StepLines] = []
        for part in split_lines(lines):
            if isinstance(part, StepLines):
                if self.torn <= MOST_TORN_LINES:
                    found.append(part)
            else:
                found += self._events_in([part])
        return found

    def poll_thinly(self, most_bytes: int = LARGEST_POLL_BYTES) -> list[Event]:
        """As `poll`, but of steps that a trainer wrote one after another the first and the last alone."""
        lines = self.next_lines(most_bytes).split(b"\n")
        others = [number for number, line in enumerate(lines) if not line.startswith(STEP)]
        found: list[Event] = []
        begin = 0
        for at in [*others, len(lines)]:
            found += self._ends_of(lines[begin:at])
            found += self._events_in(lines[at : at + 1])
            begin = at + 1
        return found

    def _ends_of(self, lines: list[bytes]) -> list[Event]:
        """The first and the last event of these lines; lines that are none are passed over."""
        for at, line in enumerate(lines):
            if first := parse_event(line):
                last = next(filter(None, map(parse_event, reversed(lines[at + 1 :]))), None)
                return [first, last] if last else [first]
        return []

    def skip_to_the_last(self, count: int) -> None:
        """Leave out what lies before the last bytes of the file, and the rest of the line that they begin in."""
        with contextlib.suppress(OSError):
            begin = os.stat(self.path).st_size - count  # noqa: PTH116  half the cost of Path.stat
            if begin > self._offset:
                self._offset, self._is_within_a_line = begin, True

    def next_lines(self, most_bytes: int = LARGEST_POLL_BYTES) -> bytes:
        """Whole lines with their newlines; empty if there is no new one, or none is read."""
        self.problem, self.is_behind = "", False
        try:
            chunk = self._next_chunk(most_bytes)
        except (FileNotFoundError, NotADirectoryError):
            return b""
        except UnreadableFile as error:
            self.problem = str(error)
            return b""
        except OSError as error:
            self.problem = f"{self.path}: cannot be read ({error.strerror or error})."
            return b""
        self.is_behind = len(chunk) == most_bytes
        if self._is_within_a_line:
            rest, newline, chunk = chunk.partition(b"\n")
            self._offset += len(rest) + len(newline)
            self._is_within_a_line = not newline
        if chunk.count(b"\n") > MOST_POLL_LINES:
            chunk = b"\n".join([*chunk.split(b"\n", MOST_POLL_LINES)[:-1], b""])
            self.is_behind = True
        lines = chunk[: chunk.rfind(b"\n") + 1]
        if not lines and self.is_behind and len(chunk) == most_bytes:  # no event is this long: skip it
            self._offset, self.torn = self._offset + len(chunk), self.torn + 1
        self._offset += len(lines)
        return lines

    def _next_chunk(self, most_bytes: int) -> bytes:
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
                self._is_within_a_line = False
            self._inode = state.st_ino
            if state.st_size > LARGEST_EVENTS_BYTES:
                raise UnreadableFile(f"{self.path}: {state.st_size:,} bytes are more than the events of a run have.")
            if self.torn > MOST_TORN_LINES:
                raise UnreadableFile(f"{self.path}: more than {MOST_TORN_LINES:,} of its lines are no events.")
            if state.st_size == self._offset:
                return b""
            return os.pread(descriptor, most_bytes, self._offset)
        finally:
            os.close(descriptor)

    def _events_in(self, lines: list[bytes]) -> list[Event]:
        events = []
        for line in lines:
            if not line.strip() or self.torn > MOST_TORN_LINES:
                continue
            event = parse_event(line)
            if event is None:
                self.torn += 1
            else:
                events.append(event)
        return events


def has_started(run: RunFolder, attempt: int) -> bool:
    """Whether the trainer of this attempt said `started`. The lines of others are not parsed: JSON may spell the word
    with escapes, but not without the word or a backslash.
    """
    tail = EventTail(run.events)
    while (lines := tail.next_lines()) or tail.is_behind:
        for line in lines.split(b"\n") if b"started" in lines or b"\\" in lines else ():
            if b"started" in line or b"\\" in line:
                event = parse_event(line)
                if event and event.kind == "started" and event.attempt == attempt:
                    return True
    return False


def read_events(run: RunFolder) -> list[Event]:
    """Every event of the run so far."""
    tail = EventTail(run.events)
    events: list[Event] = []
    while new := tail.poll():
        events += new
    return events
