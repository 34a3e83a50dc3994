"""A thread that looks at the runs twice a second and posts what changed; it touches no widget."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from textual.message import Message

from iqa_tui.messages import RunsChanged
from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.state import RunState
from iqa_tui.queue.queued_run import QueuedRun
from training.runfolder.beat import BeatWatch
from training.runfolder.phase import Phase

PERIOD_SECONDS = 0.5


class RunWatcher:
    """Follows every run of a folder."""

    def __init__(
        self, runs_dir: Path, post: Callable[[Message], object], period_seconds: float = PERIOD_SECONDS
    ) -> None:
        """Args:
        post: called in the thread; must be safe there, as `App.post_message` is.
        """
        self._catalog = Catalog(runs_dir, beats=BeatWatch())
        self._post = post
        self._period_seconds = period_seconds
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._watch, name="run watcher", daemon=True)
        self._states: tuple[RunState, ...] | None = None
        self._problem = ""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """The thread exits soon; nothing is posted after the look that is under way."""
        self._stopping = True
        self._wake.set()

    def look_now(self) -> None:
        """Do not wait for the next turn: the user has just ordered something."""
        self._wake.set()

    def queued(self) -> list[QueuedRun]:
        """The runs that wait, as they were at the last look. Safe in any thread."""
        states = self._states or ()
        return [QueuedRun(state.run, state.spec) for state in states if state.phase is Phase.QUEUED and state.spec]

    def _watch(self) -> None:
        while not self._stopping:
            self._look_at_runs()
            self._wake.wait(self._period_seconds)
            self._wake.clear()

    def _look_at_runs(self) -> None:
        try:
            states, problem = tuple(self._catalog.refresh()), ""
            if not states and self._states and not self._catalog.runs_dir.exists():  # unmounted, moved, deleted
                states, problem = self._states, f"the folder is gone: {self._catalog.runs_dir}"
        except OSError as error:
            states, problem = self._states or (), f"{error.strerror or error}: {self._catalog.runs_dir}"
        before = self._states
        same = before is not None and len(before) == len(states) and all(map(_is, before, states))
        self._states = states
        if not same or problem != self._problem:
            self._problem = problem
            self._post(RunsChanged(states, problem))


def _is(before: RunState, after: RunState) -> bool:
    return before is after
