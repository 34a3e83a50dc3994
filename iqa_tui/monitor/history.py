"""The events of one run, folded as far as they have been read."""

from __future__ import annotations

from dataclasses import dataclass, replace

from iqa_tui.monitor.fold import fold
from iqa_tui.monitor.state import RunState
from training.runfolder.events import LARGEST_POLL_BYTES, EventTail
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status

SLICE_BYTES = 256 << 10
"""Some milliseconds of reading; no other thread of the program runs meanwhile."""
LARGEST_SKIMMED_BYTES = 1 << 20
"""Of a longer file the beginning and the end are skimmed."""
BEGINNING_BYTES, END_BYTES, LONG_END_BYTES = 64 << 10, 256 << 10, 4 << 20
"""The long end is read if no evaluation is in the short one."""


class History:
    """Reads the events from the beginning, and goes on with those that are written meanwhile."""

    def __init__(self, run: RunFolder) -> None:
        self.is_caught_up = False
        """True once everything was read that was there."""
        self._tail = EventTail(run.events)
        self._restarted = 0
        self._new = RunState(run, Status(Phase.QUEUED))
        self.state = self._new
        """What the events tell; its records are not read."""

    @property
    def problem(self) -> str:
        """Why the events are not read, in words; empty if they are."""
        return self._tail.problem

    def read_on(self, most_bytes: int = SLICE_BYTES) -> None:
        """Read one slice."""
        parts = self._tail.poll_steps(most_bytes)
        if self._tail.restarted != self._restarted:
            self._restarted = self._tail.restarted
            self.state = self._new
        self.state = fold(self.state, parts)
        self.is_caught_up = self.is_caught_up or not self._tail.is_behind

    def read_all(self) -> None:
        """Read all that is there."""
        self.read_on(LARGEST_POLL_BYTES)
        while self._tail.is_behind:
            self.read_on(LARGEST_POLL_BYTES)


@dataclass(frozen=True, slots=True)
class Skimmed:
    """What the events of a run told when they were last skimmed: last values, and every evaluation and warning.

    Within steps that a trainer wrote one after another nothing is looked for: its clock and its count go forwards.
    """

    state: RunState
    """Without the curves of steps."""
    is_complete: bool
    """False if the middle was left out, and with it perhaps evaluations and warnings."""
    problem: str
    """Why the events are not read, in words; empty if they are."""
    stamp: tuple[int, ...]
    """Of the file then; empty if there was none."""


def skim(run: RunFolder, most_bytes: int = LARGEST_SKIMMED_BYTES) -> Skimmed:
    """Args:
    most_bytes: of a longer file only the beginning and the end are read.
    """
    stamp = events_stamp(run)
    is_complete = not stamp or stamp[0] <= most_bytes
    for end_bytes in (None,) if is_complete else (END_BYTES, LONG_END_BYTES):
        tail, state = EventTail(run.events), RunState(run, Status(Phase.QUEUED))
        if end_bytes is not None:
            state = fold(state, tail.poll_thinly(BEGINNING_BYTES))
            tail.skip_to_the_last(end_bytes)
        while (events := tail.poll_thinly()) or tail.is_behind:
            state = fold(state, events)
            if not (tail.is_behind or tail.torn):  # else the next look may find that it is no file of events
                break
        if state.evaluations:
            break
    return Skimmed(without_step_curves(state, is_complete), is_complete, tail.problem, stamp)


def without_step_curves(state: RunState, is_complete: bool = True) -> RunState:
    """The last values of the curves that go are kept.

    Args:
        is_complete: all evaluations are known, so their curves stay.
    """
    curves = {name: curve for name, curve in state.metrics.items() if "/" in name and is_complete}
    gone = {name: curve.last for name, curve in state.metrics.items() if name not in curves}
    last_values = {name: value for name, value in gone.items() if value is not None}
    return replace(state, metrics=curves, last_values=last_values, is_whole=not state.updated)


def events_stamp(run: RunFolder) -> tuple[int, ...]:
    """Size, time and number of the file of events; empty if there is none."""
    try:
        found = run.events.stat()
    except OSError:
        return ()
    return found.st_size, found.st_mtime_ns, found.st_ino
