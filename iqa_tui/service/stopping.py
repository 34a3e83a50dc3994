"""The steps of a stop."""

from __future__ import annotations

import time

from iqa_tui.processes.child import Child
from training.runfolder.schema import StopRequest

GROUP_GRACE_SECONDS = 5.0
"""From TERM to the trainer's whole group to KILL; no longer than the grace that was asked for."""


class Stopping:
    """The steps of a stop: TERM to the trainer alone (it writes a checkpoint, its loader workers must not be told
    first), after the grace TERM to its group, then KILL.
    """

    def __init__(self, request: StopRequest) -> None:
        self.request = request
        self._began = time.monotonic()
        self._said_please = False
        self._group_told: float | None = None

    def press(self, trainer: Child) -> None:
        now, grace_seconds = time.monotonic(), self.request.grace_seconds
        if not self._said_please:
            trainer.terminate()
            self._said_please = True
        elif self._group_told is None and now >= self._began + grace_seconds:
            trainer.terminate_group()
            self._group_told = now
        elif self._group_told is not None and now >= self._group_told + min(GROUP_GRACE_SECONDS, grace_seconds):
            trainer.kill_group()


class HurriedStop(Stopping):
    """The steps if this process will be killed itself soon: TERM to the trainer, at the end of the grace KILL to its
    group, so that there is time left to write down how it ended.
    """

    def press(self, trainer: Child) -> None:
        if not self._said_please:
            trainer.terminate()
            self._said_please = True
        elif time.monotonic() >= self._began + self.request.grace_seconds:
            trainer.kill_group()
