"""The runs of a folder with their events, read again only if something changed.

A run that no process works on can change only by a file that appears in its folder, in `attempts/` or in its newest
attempt, and each of these moves the time stamp of a directory; so another look costs three `stat`. A living
run is looked at every time: a lock that is freed moves no time stamp.

What is read here is for showing: its texts are plain. The supervisor, which executes a run, reads the spec itself.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path

from iqa_tui.monitor.fold import fold
from iqa_tui.monitor.noted import notes_of
from iqa_tui.monitor.state import RunState
from iqa_tui.trust.ownership import is_ours
from iqa_tui.trust.signature import why_not_signed
from training.runfolder.beat import BeatWatch
from training.runfolder.errors import RunFolderError
from training.runfolder.events import EventTail
from training.runfolder.folders import list_runs
from training.runfolder.layout import AttemptFolder, RunFolder
from training.runfolder.opening import read_bounded
from training.runfolder.phase import Phase, Status
from training.runfolder.read import read_shown_record
from training.runfolder.schema import Place, ProcessRecord, Spec
from training.runfolder.stamps import change_stamp, is_settled
from training.runfolder.status import Seen, run_status
from training.runfolder.text import plain

LARGEST_NOTE_BYTES = 4096


class Catalog:
    """Follows every run of one folder. For one thread."""

    def __init__(self, runs_dir: Path, *, history: bool = True, beats: BeatWatch | None = None) -> None:
        """Args:
        history: read all events of every run. Otherwise those of runs that are over stay unread: a listing needs only
            their records, and the events of a run may be a hundred times as long.
        beats: of a caller that looks again and again, so that its own clock tells whether a beat stands still; None:
            this is a single look, for which the beat's time stamp counts.
        """
        self.runs_dir = runs_dir
        self._history = history
        self._beats = beats
        self._followed: dict[str, _Followed] = {}

    def refresh(self) -> list[RunState]:
        """Every run as it is now, by name (so by time). A run that did not change is the same object as before.

        Never raises for what a folder holds: an unreadable run has the state `unreadable` and says why.
        """
        runs = list_runs(self.runs_dir)
        names = {run.path.name for run in runs}  # the raw ones: no two folders have the same
        self._followed = {name: known for name, known in self._followed.items() if name in names}
        for run in runs:
            known = self._followed.get(run.path.name)
            if known is None or known.trouble != run.trouble:
                self._followed[run.path.name] = _Followed(run, self._history, self._beats)
        return [self._followed[run.path.name].refresh() for run in runs]


class _Followed:
    """One run and how far it has been read."""

    def __init__(self, run: RunFolder, history: bool, beats: BeatWatch | None) -> None:
        self._history = history
        self._beats = beats
        self._run = run
        self._tail = EventTail(run.events)
        self._restarted = 0
        self._state = RunState(run, Status(Phase.QUEUED))
        self._stamp: tuple[int, ...] | None = None
        """Time stamps under which the state still holds; None: look again."""

    @property
    def trouble(self) -> str:
        """As it was listed."""
        return self._run.trouble

    def refresh(self) -> RunState:
        stamp = change_stamp(self._run, self._state.status.attempt)
        if stamp is not None and stamp == self._stamp:
            return self._state
        state = self._state
        if not self._history:
            state = self._read_records(state)
        if (
            self._history or not state.phase.is_over or state.status.attempt > 1
        ):  # the events tell by which code it was made
            state = self._read_records(self._read_events(state))
        if state != self._state:
            self._state = state
        self._stamp = stamp if _may_be_trusted(stamp, self._state) else None
        return self._state

    def _read_events(self, state: RunState) -> RunState:
        while (events := self._tail.poll_steps()) or self._tail.is_behind:
            if self._tail.restarted != self._restarted:
                self._restarted = self._tail.restarted
                state = RunState(self._run, state.status, state.spec)
            state = fold(state, events)
        return state

    def _read_records(self, state: RunState) -> RunState:
        """The status is read before the other records: the files that it relies on are there by then."""
        spec = state.spec
        with contextlib.suppress(RunFolderError):  # its status says so
            spec = spec or read_shown_record(self._run.spec, Spec)
        seen = Seen()
        status = run_status(self._run, begun_attempt=state.begun_attempt, spec=spec, seen=seen, beats=self._beats)
        if status.phase is Phase.QUEUED and is_ours(self._run):
            status = replace(status, elsewhere=bool(why_not_signed(self._run)))
        try:
            attempt = _attempt(self._run, status)
            return replace(
                state,
                status=self._with_problem(status),
                spec=spec,
                process=read_shown_record(attempt.process, ProcessRecord) if attempt else None,
                exit=seen.exit if not status.phase.is_alive else None,
                note=plain(_note(attempt)) if attempt and status.phase.is_alive else "",
                noted=notes_of(self._run),
                place=read_shown_record(self._run.place, Place) if status.phase is Phase.QUEUED else None,
                result=seen.result if status.phase is Phase.FINISHED else None,
            )
        except RunFolderError as error:
            return replace(state, status=Status(Phase.UNREADABLE, str(error), status.attempt))

    def _with_problem(self, status: Status) -> Status:
        """The status, with the reason if its events cannot be read."""
        if not self._tail.problem or status.phase is Phase.UNREADABLE:
            return status
        return replace(status, cause="; ".join(cause for cause in (status.cause, self._tail.problem) if cause))


def _note(attempt: AttemptFolder) -> str:
    with contextlib.suppress(OSError, RunFolderError):
        return read_bounded(attempt.note, LARGEST_NOTE_BYTES).decode(errors="replace").strip()
    return ""


def _attempt(run: RunFolder, status: Status) -> AttemptFolder | None:
    return run.attempt(status.attempt) if status.attempt else None


def _may_be_trusted(stamp: tuple[int, ...] | None, state: RunState) -> bool:
    """A run that seems lost because its beat stood still may beat again, which moves no folder's stamp."""
    may_change = state.phase.is_alive or state.phase is Phase.LOST
    return stamp is not None and not may_change and is_settled(stamp)
