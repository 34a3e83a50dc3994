"""A thread that looks at the runs twice a second and posts what changed; it touches no widget."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from operator import is_
from pathlib import Path

from textual.message import Message

from iqa_tui.messages import RunsChanged
from iqa_tui.monitor.gradual import GradualCatalog
from iqa_tui.monitor.state import RunState
from iqa_tui.queue.queued_run import QueuedRun
from training.runfolder.phase import Phase

PERIOD_SECONDS = 0.5
BETWEEN_SLICES_SECONDS = 0.01
"""While something is left to read: the screen has its turn."""


class RunWatcher:
    """Follows every run of a folder."""

    def __init__(
        self, runs_dir: Path, post: Callable[[Message], object], period_seconds: float = PERIOD_SECONDS
    ) -> None:
        """Args:
        post: called in the thread; must be safe there, as `App.post_message` is.
        """
        self._catalog = GradualCatalog(runs_dir)
        self._is_ordered = False
        """The user has just ordered something, so any run may have changed."""
        self._post = post
        self._period_seconds = period_seconds
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._watch, name="run watcher", daemon=True)
        self._states: tuple[RunState, ...] | None = None
        self._posted: RunsChanged | None = None
        self._posted_at = 0.0
        """Seconds of the monotonic clock."""
        self._looked_at: tuple[str, ...] = ()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """The thread exits soon; nothing is posted after the look that is under way."""
        self._stopping = True
        self._wake.set()

    def look_now(self) -> None:
        """Do not wait for the next turn: the user has just ordered something."""
        self._is_ordered = True
        self._wake.set()

    def look_at(self, run_ids: Sequence[str]) -> None:
        """Read the curves of these runs, the first one first. Those of living runs are read anyway."""
        if tuple(run_ids) != self._looked_at:
            self._looked_at = tuple(run_ids)
            self._wake.set()

    def queued(self) -> list[QueuedRun]:
        """The runs that wait, as they were at the last look. Safe in any thread."""
        states = self._states or ()
        return [QueuedRun(state.run, state.spec) for state in states if state.phase is Phase.QUEUED and state.spec]

    def _watch(self) -> None:
        while not self._stopping:
            self._look_at_runs()
            self._wake.wait(BETWEEN_SLICES_SECONDS if self._catalog.is_behind else self._period_seconds)
            self._wake.clear()

    def _look_at_runs(self) -> None:
        try:
            everything, self._is_ordered = self._is_ordered, False
            self._catalog.look_at(self._looked_at)
            states, problem = self._catalog.refresh(everything=everything), ""
            if not states and self._states and not self._catalog.runs_dir.exists():  # unmounted, moved, deleted
                states, problem = self._states, f"the folder is gone: {self._catalog.runs_dir}"
            elif not states and self._catalog.runs_dir.is_file():
                problem = f"no folder, so it holds no runs: {self._catalog.runs_dir}"
        except OSError as error:
            states, problem = self._states or (), f"{error.strerror or error}: {self._catalog.runs_dir}"
        self._states = states
        message, now = RunsChanged(states, problem, self._catalog.progress), time.monotonic()
        if self._posted is not None:
            is_listed = len(states) > len(self._posted.runs) and not self._catalog.is_listing
            is_early = self._catalog.is_behind and now < self._posted_at + self._period_seconds
            if _is_same(self._posted, message) or (is_early and not is_listed):
                return  # to draw each slice that was read would take longer than to read it
        self._posted, self._posted_at = message, now
        self._post(message)


def _is_same(before: RunsChanged, after: RunsChanged) -> bool:
    same_words = (before.problem, before.reading) == (after.problem, after.reading)
    return same_words and len(before.runs) == len(after.runs) and all(map(is_, before.runs, after.runs))
