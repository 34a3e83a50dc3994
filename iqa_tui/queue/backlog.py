"""What waits and what is alive in a folder of runs, and in which order what waits goes first."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from iqa_tui.plans.priority import priority_rank
from iqa_tui.queue.attempts import may_resume
from iqa_tui.queue.queued_run import QueuedRun
from iqa_tui.trust.ownership import is_ours
from iqa_tui.trust.signature import why_not_signed
from training.runfolder.beat import BeatWatch
from training.runfolder.errors import RunFolderError
from training.runfolder.folders import list_runs
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import Place, Spec
from training.runfolder.stamps import change_stamp, is_settled
from training.runfolder.status import run_status


@dataclass(frozen=True, slots=True)
class Waiting:
    """The queue at one moment."""

    queued: tuple[QueuedRun, ...]
    """What goes first comes first."""
    alive: tuple[QueuedRun, ...]
    """On other hosts too."""
    held: tuple[QueuedRun, ...] = ()
    """Queued, but not to be started before they are released."""
    resumable: tuple[QueuedRun, ...] = ()
    """Over by no fault of their own, and to be queued again."""
    elsewhere: tuple[QueuedRun, ...] = ()
    """Queued, but not by this user on this host as they stand: not to be started before they are adopted."""
    foreign: tuple[QueuedRun, ...] = ()
    """Those of `alive` that other hosts work on."""

    @property
    def is_alive_here(self) -> bool:
        """Whether a run is alive that this host would have to resume."""
        return len(self.alive) > len(self.foreign)


class _Part(Enum):
    OVER = 0
    QUEUED = 1
    HELD = 2
    ALIVE = 3
    RESUMABLE = 4
    ELSEWHERE = 5
    FOREIGN = 6


@dataclass(frozen=True, slots=True)
class _Known:
    """Where a run belonged when it was last read."""

    part: _Part
    attempt: int
    stamp: tuple[int, ...] | None
    """Time stamps under which it still belongs there; None: look again."""


class Backlog:
    """Reads a folder of runs again and again; a run that nobody works on costs three `stat`."""

    def __init__(self, runs_dir: Path, *, own_only: bool = False, beats: BeatWatch | None = None) -> None:
        """Read nothing yet.

        Args:
            own_only: leave out what another user queued: who starts a run lends it their name and their rights.
            beats: of one who looks again and again and resumes what was lost; None: as for `run_status`.
        """
        self._beats = beats
        self._runs_dir = runs_dir
        self._own_only = own_only
        self._specs: dict[str, Spec] = {}
        self._known: dict[str, _Known] = {}

    def read(self) -> Waiting:
        parts: dict[_Part, list[QueuedRun]] = {part: [] for part in _Part}
        for run in list_runs(self._runs_dir):
            part = self._part(run)
            if part is _Part.OVER or (self._own_only and not is_ours(run)):
                continue
            spec = self._spec(run)
            if spec is not None:
                parts[part].append(QueuedRun(run, spec))
        return Waiting(
            tuple(in_starting_order([placed(entry) for entry in parts[_Part.QUEUED]])),
            tuple(parts[_Part.ALIVE] + parts[_Part.FOREIGN]),
            tuple(parts[_Part.HELD]),
            tuple(parts[_Part.RESUMABLE]),
            tuple(parts[_Part.ELSEWHERE]),
            foreign=tuple(parts[_Part.FOREIGN]),
        )

    def _part(self, run: RunFolder) -> _Part:
        if run.trouble:
            return _Part.OVER
        known = self._known.get(run.run_id)
        if known is not None and known.stamp is not None and known.stamp == change_stamp(run, known.attempt):
            return known.part
        try:
            latest = run.latest_attempt()
        except (OSError, RunFolderError):  # a file in a folder's place, or closed: its row says so, the others go on
            return _Part.OVER
        number = latest.number if latest else 0
        stamp = change_stamp(run, number)  # before the look: a change in between shows next time
        # Whether its trainer has begun does not matter here, and finding out would read all its events.
        status = run_status(run, begun_attempt=sys.maxsize, spec=self._specs.get(run.run_id), beats=self._beats)
        part = _Part.OVER
        if status.phase is Phase.QUEUED:
            part = _Part.HELD if status.held else self._queued_part(run)
        elif status.phase.is_alive:
            part = _Part.FOREIGN if status.host else _Part.ALIVE
        else:
            spec = self._spec(run)
            if spec is not None and may_resume(run, spec, status) and not (self._own_only and why_not_signed(run)):
                part = _Part.RESUMABLE
        if part is _Part.OVER:
            self._specs.pop(run.run_id, None)  # it holds a whole plan, and there may be thousands
        is_lasting = (
            part in (_Part.OVER, _Part.QUEUED, _Part.HELD, _Part.ELSEWHERE) and stamp is not None and is_settled(stamp)
        )
        self._known[run.run_id] = _Known(part, number, stamp if is_lasting else None)
        return part

    def _queued_part(self, run: RunFolder) -> _Part:
        """Who only looks at all users' runs cannot check the others' signatures."""
        return _Part.ELSEWHERE if self._own_only and why_not_signed(run) else _Part.QUEUED

    def _spec(self, run: RunFolder) -> Spec | None:
        if run.run_id not in self._specs:
            try:
                self._specs[run.run_id] = read_spec(run)
            except RunFolderError:  # its row says so: its status is `unreadable`
                return None
        return self._specs[run.run_id]


def placed(entry: QueuedRun) -> QueuedRun:
    """With the priority that somebody gave it while it waited."""
    run, spec = entry
    try:
        place = read_record(run.place, Place)
    except RunFolderError:
        return entry
    return QueuedRun(run, replace(spec, priority=place.priority)) if place and place.priority else entry


def in_starting_order(queued: list[QueuedRun]) -> list[QueuedRun]:
    """By priority; launched first goes first; longest first within a launch, then in the plan's order."""
    return sorted(queued, key=_starting_rank)


def _starting_rank(entry: QueuedRun) -> tuple[int, float, float, int, str]:
    run, spec = entry
    return priority_rank(spec.priority), spec.created, -(spec.expected_hours or 0.0), spec.order, run.run_id


def held_back_by(entry: QueuedRun, waiting: Waiting) -> list[QueuedRun]:
    """The runs of its group that its strategy lets end first; [] where it may start."""
    run, spec = entry
    if spec.strategy == "sequential":
        alive = [other for other in waiting.alive if other[1].group == spec.group]
        first = next((other for other in waiting.queued if other[1].group == spec.group), entry)
        return alive or ([] if first[0] == run else [first])
    if spec.strategy == "priority":
        group = [other for other in (*waiting.alive, *waiting.queued) if other[1].group == spec.group]
        return [other for other in group if priority_rank(other[1].priority) < priority_rank(spec.priority)]
    return []
