"""What a search found in a log: which lines, and where in a line that is shown."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from itertools import islice
from typing import Protocol

MOST_MARKS = 200
"""Of one line."""
MARKED_SECONDS = 0.1
"""Of processor at one drawing, after which the lines that are left are drawn without marks."""


class Hits(Protocol):
    """The lines in which a search found something, by their offsets."""

    @property
    def is_done(self) -> bool:
        """All of the log was searched."""

    @property
    def is_full(self) -> bool:
        """There are more than are kept."""

    def before(self, offset: int) -> int | None:
        """The nearest one before an offset."""

    def after(self, offset: int) -> int | None:
        """The nearest one after it; None too if it is not known yet."""

    def rank(self, offset: int) -> int:
        """How many do not come after it."""


class Marker(Protocol):
    """Finds what is searched in one line; `re.Pattern` is one."""

    def finditer(self, text: str, /) -> Iterator[re.Match[str]]: ...


class Marking:
    """One drawing of a log: where a marker finds something in its lines, as long as that is quick."""

    def __init__(self, marker: Marker | None) -> None:
        self._marker = marker
        self._left_seconds = MARKED_SECONDS

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where it begins and ends, in letters."""
        if self._marker is None or self._left_seconds <= 0:
            return []
        begun = time.thread_time()
        found = [match.span() for match in islice(self._marker.finditer(text), MOST_MARKS)]
        self._left_seconds -= time.thread_time() - begun
        return [(first, end) for first, end in found if end > first]
