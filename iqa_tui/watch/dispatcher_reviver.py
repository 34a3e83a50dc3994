"""Says why queued runs wait, and starts a dispatcher if runs are queued or to be resumed and none runs."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from iqa_tui.errors import LaunchError
from iqa_tui.trust.ownership import is_ours
from iqa_tui.watch.gpu_watcher import Queued
from iqa_tui.words.waits import Wait
from training.runfolder.engines import LOCAL
from training.runfolder.errors import RunFolderError

if TYPE_CHECKING:  # loaded in the thread, after the first paint
    from iqa_tui.devices.survey import Survey
    from iqa_tui.queue.backlog import Backlog

LOOK_SECONDS = 10.0
"""Between two looks at runs that are over while none waits: one of them may be lost and to be resumed."""
SLOW_START_SECONDS = 60.0
SHORT_LIVES = 5
"""Dispatchers in a row that exited before the next look: after that something is wrong with all of them."""


class DispatcherReviver:
    """For the thread that surveys the devices."""

    def __init__(self, runs_dir: Path) -> None:
        self._runs_dir = runs_dir
        self._backlog: Backlog | None = None
        self._next_look = 0.0
        self._started = 0
        """Dispatchers that had to be started, look by look."""
        self._could_start: dict[str, float] = {}
        """Run id to since when a device has been there for it, monotonic."""

    def __call__(self, queued: Queued, survey: Survey) -> dict[str, Wait]:
        """Run id to why it waits.

        Raises:
            OSError: the folder of runs cannot be read.
        """
        trouble = ""
        if queued or time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + LOOK_SECONDS
            trouble = self._revive()
        from iqa_tui.queue.waits import waits_of  # noqa: PLC0415  after the first paint

        waits = waits_of(queued, survey)
        self._doubt(waits)
        if trouble:
            local = [run for run, spec in queued if spec.engine == LOCAL and run.run_id in waits]
            ours = [run.run_id for run in local if is_ours(run)]
            waits |= {run_id: replace(waits[run_id], no_dispatcher=trouble) for run_id in ours}
        return waits

    def _doubt(self, waits: dict[str, Wait]) -> None:
        """Say for how long a run could start and did not: its dispatcher sees the device otherwise than we."""
        now = time.monotonic()
        starting = [run_id for run_id, wait in waits.items() if wait.starts_next]
        self._could_start = {run_id: self._could_start.get(run_id, now) for run_id in starting}
        for run_id, since in self._could_start.items():
            if now - since >= SLOW_START_SECONDS:
                waits[run_id] = replace(waits[run_id], could_start_seconds=now - since)

    def _revive(self) -> str:
        """Why no dispatcher can give devices to our runs; empty if one does."""
        from iqa_tui.queue import dispatching  # noqa: PLC0415  as above
        from iqa_tui.queue.backlog import Backlog  # noqa: PLC0415  as above

        if self._backlog is None:
            self._backlog = Backlog(self._runs_dir, own_only=True)
        try:
            was_started = dispatching.revive_dispatcher(self._runs_dir, self._backlog)
        except (LaunchError, RunFolderError, OSError) as error:
            return str(error).rstrip(".")
        self._started = self._started + 1 if was_started else 0
        if self._started <= SHORT_LIVES:
            return ""
        from iqa_tui.queue.dispatcher_files import dispatcher_log  # noqa: PLC0415  as above

        return f"it gets no device: its dispatcher exits at once, {dispatcher_log(self._runs_dir)} says why"
