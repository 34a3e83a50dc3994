"""Why queued runs wait; and where nobody gives them devices, or a run was lost, somebody is started who sees to it."""

from __future__ import annotations

import contextlib
import importlib
import time
from pathlib import Path
from typing import Any

from iqa_tui.watch.gpu_watcher import Queued

LOOK_SECONDS = 10.0
"""Between two looks at runs that are over while none waits: one of them may be lost and to be resumed."""


class Reviver:
    """For the thread that surveys the devices."""

    def __init__(self, runs_dir: Path) -> None:
        self._runs_dir = runs_dir
        self._backlog: Any = None
        self._next_look = 0.0

    def __call__(self, queued: Queued, survey: Any) -> dict[str, str]:
        """Run id to what it waits for."""
        if queued or time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + LOOK_SECONDS
            with contextlib.suppress(OSError):  # another user's folder: its owner will
                self._revive()
        waiting = importlib.import_module("iqa_tui.launch.waiting")  # after the first paint, as all of the launcher
        reasons: dict[str, str] = waiting.waiting_reasons(queued, survey)
        return reasons

    def _revive(self) -> None:
        if self._backlog is None:
            backlog = importlib.import_module("iqa_tui.launch.backlog")
            self._backlog = backlog.Backlog(self._runs_dir, own_only=True)
        importlib.import_module("iqa_tui.launch.queue").revive_dispatcher(self._runs_dir, self._backlog)
