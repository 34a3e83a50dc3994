"""How a long computation in a thread tells how far it is, and is stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


class Cancelled(Exception):
    """The computation was asked to stop; there is no result."""


@dataclass(frozen=True, slots=True)
class Observer:
    """Called from the thread that computes."""

    on_progress: Callable[[float], None] = lambda _share: None
    """The share that is done, from 0 to 1."""
    should_stop: Callable[[], bool] = lambda: False


SILENT = Observer()


class Steps:
    """Counts the steps of one computation."""

    def __init__(self, observer: Observer, total: int) -> None:
        self._observer = observer
        self._total = max(total, 1)
        self._done = 0

    def step(self, count: int = 1) -> None:
        """Tell of `count` more steps.

        Raises:
            Cancelled: asked to stop.
        """
        if self._observer.should_stop():
            raise Cancelled
        self._done += count
        self._observer.on_progress(min(self._done / self._total, 1.0))
