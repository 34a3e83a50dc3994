"""Runs that the dispatcher postpones: what cannot be done for one run must not keep the others waiting."""

from __future__ import annotations

import time
from collections.abc import Callable

from iqa_tui.service.dispatcher_words import say
from training.runfolder.errors import RunFolderError
from training.runfolder.layout import RunFolder

POSTPONED_SECONDS = 60.0
"""How long a run is postponed if nothing can be written in its folder."""


class Postponed:
    """Forgets a run when its time is over."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        """Run id to when the run is looked at again, in seconds of the monotonic clock."""

    def __contains__(self, run: RunFolder) -> bool:
        return time.monotonic() < self._until.get(run.run_id, 0.0)

    def add(self, run: RunFolder, seconds: float) -> None:
        self._until[run.run_id] = time.monotonic() + seconds

    def add_after(self, run: RunFolder, error: Exception) -> None:
        """Postpone a run in whose folder something could not be done, and say so."""
        self.add(run, POSTPONED_SECONDS)
        say(f"{run.run_id}: {error}; it is postponed by {POSTPONED_SECONDS:g} s")

    def unless_postponed(self, run: RunFolder, action: Callable[[RunFolder], None]) -> None:
        """Do something in the folder of a run; if that fails, postpone the run."""
        if run in self:
            return
        try:
            action(run)
        except (OSError, RunFolderError) as error:
            self.add_after(run, error)
