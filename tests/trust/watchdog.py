"""Interrupts a look that takes too long."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

LONGEST_LOOK_SECONDS = 2.0


class Hang(BaseException):
    """A look took too long. No `Exception`, so that no reader takes it for a file that it cannot read."""


class Watchdog:
    """Interrupts the main thread in the middle of a look that takes too long, in whatever system call it waits."""

    def __init__(self) -> None:
        self.slowest_seconds = 0.0
        self._deadline: float | None = None
        self._stopping = False
        self._main = threading.main_thread().ident or 0
        self._before = signal.signal(signal.SIGUSR2, self._on_signal)
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stopping = True
        self._thread.join()
        signal.signal(signal.SIGUSR2, self._before)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        began = time.monotonic()
        self._deadline = began + LONGEST_LOOK_SECONDS
        try:
            yield
        finally:
            self._deadline = None
            self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - began)

    def _watch(self) -> None:
        while not self._stopping:
            time.sleep(0.05)
            deadline = self._deadline
            if deadline is not None and time.monotonic() > deadline:
                self._deadline = None
                signal.pthread_kill(self._main, signal.SIGUSR2)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        raise Hang
