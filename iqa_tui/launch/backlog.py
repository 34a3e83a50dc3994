"""What waits and what is alive in a folder of runs, and in which order what waits goes first."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from iqa_tui.launch.plan import PRIORITIES
from training.runfolder.layout import RunFolder, list_runs
from training.runfolder.read import change_stamp, is_settled, read_spec, run_status
from training.runfolder.schema import RunFolderError, Spec, State

Entry = tuple[RunFolder, Spec]


@dataclass(frozen=True, slots=True)
class Waiting:
    """The queue at one moment."""

    queued: tuple[Entry, ...]
    """What goes first comes first."""
    alive: tuple[Entry, ...]


class Backlog:
    """Reads a folder of runs again and again; runs that are over cost three `stat` each."""

    def __init__(self, runs_dir: Path, *, own_only: bool = False) -> None:
        """Read nothing yet.

        Args:
            own_only: leave out what another user queued: who starts a run lends it their name and their rights.
        """
        self._runs_dir = runs_dir
        self._own_only = own_only
        self._specs: dict[str, Spec] = {}
        self._over: dict[str, tuple[int, ...]] = {}
        """Time stamps under which a run is known to be over."""

    def read(self) -> Waiting:
        queued: list[Entry] = []
        alive: list[Entry] = []
        for run in list_runs(self._runs_dir):
            attempt = run.latest_attempt()
            stamp = change_stamp(run, attempt.number if attempt else 0)
            if stamp is not None and self._over.get(run.run_id) == stamp:
                continue
            if self._own_only and not _is_ours(run):
                continue
            # Whether its trainer has begun does not matter here, and finding out would read all its events.
            state = run_status(run, begun_attempt=sys.maxsize).state
            if state is State.QUEUED or state.is_alive:
                spec = self._spec(run)
                if spec is not None:
                    (queued if state is State.QUEUED else alive).append((run, spec))
            elif stamp is not None and is_settled(stamp):
                self._over[run.run_id] = stamp
        return Waiting(tuple(in_starting_order(queued)), tuple(alive))

    def _spec(self, run: RunFolder) -> Spec | None:
        if run.run_id not in self._specs:
            try:
                self._specs[run.run_id] = read_spec(run)
            except RunFolderError:  # its row says so: its status is `unreadable`
                return None
        return self._specs[run.run_id]


def in_starting_order(queued: list[Entry]) -> list[Entry]:
    """By priority; launched first goes first; longest first within a launch, then in the plan's order."""
    return sorted(queued, key=_starting_rank)


def _starting_rank(entry: Entry) -> tuple[int, float, float, int, str]:
    run, spec = entry
    return _priority_rank(spec), spec.created, -(spec.expected_hours or 0.0), spec.order, run.run_id


def _priority_rank(spec: Spec) -> int:
    """A priority of a later version counts as medium."""
    return PRIORITIES.index(spec.priority if spec.priority in PRIORITIES else "medium")


def held_back_by(entry: Entry, waiting: Waiting) -> list[Entry]:
    """The runs of its group that its strategy lets end first; [] where it may start."""
    run, spec = entry
    group = [other for other in (*waiting.alive, *waiting.queued) if other[1].group == spec.group]
    if spec.strategy == "sequential":
        alive = [other for other in waiting.alive if other[1].group == spec.group]
        first = next((other for other in waiting.queued if other[1].group == spec.group), entry)
        return alive or ([] if first[0] == run else [first])
    if spec.strategy == "priority":
        return [other for other in group if _priority_rank(other[1]) < _priority_rank(spec)]
    return []


def _is_ours(run: RunFolder) -> bool:
    try:
        return run.path.stat().st_uid == os.geteuid()
    except OSError:
        return False
