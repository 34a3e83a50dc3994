"""The runs of a folder with their events, each read whole at the first look and again only if something changed.

A run that no process works on can change only by a file that appears in its folder, in `attempts/` or in its newest
attempt, and each of these moves the time stamp of a directory. A living run is looked at every time: a lock that is
freed moves no time stamp.

What is read here is for showing: its texts are plain. The supervisor, which executes a run, reads the spec itself.
"""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from iqa_tui.monitor.followed import FollowedRun
from iqa_tui.monitor.state import RunState
from iqa_tui.slurm.look import Asked, Overheard
from training.runfolder.beat import BeatWatch
from training.runfolder.events import LARGEST_EVENTS_BYTES
from training.runfolder.folders import list_runs
from training.runfolder.job import SlurmAnswers


class Events(Enum):
    """What is read of the events of runs that are over; those of a living run are all read."""

    ALL = "all"
    LAST_VALUES = "last values"
    """No curves of steps."""
    NONE = "none"
    """None that its records tell as well."""


class Catalog:
    """Follows every run of one folder. For one thread."""

    def __init__(self, runs_dir: Path, *, events: Events = Events.ALL, beats: BeatWatch | None = None) -> None:
        """Args:
        events: a listing needs the records of a run, and its events may be a hundred times as long.
        beats: of a caller that looks again and again, so that its own clock tells whether a beat stands still; None:
            this is a single look, for which the beat's time stamp counts.
        """
        self.runs_dir = runs_dir
        self._events = events
        self._beats = beats
        self._slurm = Overheard() if beats is not None else Asked()
        self._followed: dict[str, FollowedRun] = {}

    def refresh(self) -> list[RunState]:
        """Every run as it is now, by name (so by time). A run that did not change is the same object as before.

        Never raises for what a folder holds: an unreadable run has the state `unreadable` and says why.
        """
        self._followed = with_those_listed(self._followed, self.runs_dir, self._beats, self._slurm)
        return [self._look(followed) for followed in self._followed.values()]

    def _look(self, followed: FollowedRun) -> RunState:
        followed.reads_all = followed.reads_all or self._events is Events.ALL
        state = followed.look()
        if followed.is_whole:
            return state
        if state.phase.is_alive:
            followed.reads_all = True
            return followed.look()
        if not followed.is_skimmed and (self._events is Events.LAST_VALUES or state.status.attempt > 1):
            followed.skim(LARGEST_EVENTS_BYTES)  # with the code that each attempt was made by
        return followed.state


def with_those_listed(
    known: dict[str, FollowedRun], runs_dir: Path, beats: BeatWatch | None, slurm: SlurmAnswers | None = None
) -> dict[str, FollowedRun]:
    """The runs that are there, by name: those that are known, and new ones of which nothing is read."""
    followed = {}
    for run in list_runs(runs_dir):
        name = run.path.name  # the raw one: no two folders have the same
        before = known.get(name)
        is_same = before is not None and before.trouble == run.trouble
        followed[name] = before if before is not None and is_same else FollowedRun(run, beats, slurm)
    return followed
