"""How far a command is, for a person at a terminal."""

from __future__ import annotations

import sys
import time

PROGRESS_SECONDS = 0.5
"""From one look of the line to the next."""


class Progress:
    """How many images are scored, as one line on standard error that replaces itself."""

    def __init__(self, total: int | None, *, is_shown: bool, unit: str = "images") -> None:
        """
        Args:
            total: images; None if it is not known.
            is_shown: False: nothing is printed.
            unit: what is counted, if not images.
        """
        self._unit = unit
        self._of = "" if total is None else f" of {total:,}"
        self._is_shown = is_shown
        self._began = self._told = time.monotonic()
        self._done = 0
        self._width = 0

    def count(self) -> None:
        """One more is done."""
        self.reach(self._done + 1)

    def reach(self, done: int) -> None:
        """So many are done."""
        self._done = done
        now = time.monotonic()
        if self._is_shown and now >= self._told + PROGRESS_SECONDS:
            self._told = now
            pace = self._done / (now - self._began)
            line = f"{self._done:,}{self._of} {self._unit}, {pace:.3g} a second"
            print(line, end="\r", file=sys.stderr, flush=True)
            self._width = len(line)

    def clear(self) -> None:
        if self._width:
            print(" " * self._width, end="\r", file=sys.stderr, flush=True)
            self._width = 0
