"""Processes that the kernel killed for memory, anywhere on the machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

LATELY_SECONDS = 30.0
"""A kill for memory more than twice this ago does not explain an end: that of a loader worker is noticed after 5 s, and
a trainer may share its machine with others for a week.
"""


class OomKills:
    """Counts processes that were killed for memory lately, anywhere on the machine."""

    def __init__(self, count: Callable[[], int] | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._count = count or oom_kills
        self._clock = clock
        self._before = self._newest = self._count()
        self._next_look = clock() + LATELY_SECONDS

    def look(self) -> None:
        """Call it again and again."""
        if self._clock() >= self._next_look:
            self._before, self._newest = self._newest, self._count()
            self._next_look = self._clock() + LATELY_SECONDS

    def lately(self) -> int:
        return self._count() - self._before


def oom_kills() -> int:
    """Processes killed for memory since boot; 0 if the kernel does not tell."""
    try:
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    except (OSError, ValueError):
        pass
    return 0
