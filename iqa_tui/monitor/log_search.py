"""Searches all of a log, from its end to its beginning, a slice at a time, and what is added to it from then on."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from time import thread_time

from iqa_tui.monitor.log_pattern import LogPattern
from iqa_tui.monitor.log_screen import LogScreen
from iqa_tui.monitor.log_slices import last_line, read_between, slice_before

FIRST_BYTES = 64 << 10
"""At first, since what is searched is often near; twice as many each time, up to `SEARCHED_BYTES`."""
SEARCHED_BYTES = 512 << 10
"""At once: some milliseconds, after which a key is answered."""
MOST_HITS = 1_000_000
"""Eight megabytes. No user goes through more of them."""
SLOW_SECONDS = 0.1
"""Of processor: after a slice that took longer the next is smaller, so that another wish is seen soon."""
SMALLEST_BYTES = 4 << 10
LATER_SLICES = 8
"""Of what was added, so many slices at once."""
MOVES = re.compile(rb"\r(?!\n)|\x08|\xc2[\x80-\x9f]|\x1b\[[0-9;]*[A-HJKdf`]")
"""After these a line is not what stands between two newlines."""
SIGNS_OF_MOVES = (b"\x1b", b"\r", b"\x08", b"\xc2")
ESCAPES = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]")
CONTROLS = bytes(sign for sign in range(32) if sign != 10) + b"\x7f"
SMALL = bytes.maketrans(bytes(range(65, 91)), bytes(range(97, 123)))


class LogSearch:
    """The lines in which a pattern is found, by their offsets. One thread searches, another may ask at any time."""

    def __init__(self, pattern: LogPattern) -> None:
        self.pattern = pattern
        self.is_done = False
        """All was searched up to the end as it was at the last step."""
        self._reached: int | None = None
        """All from here on was searched."""
        self._last_line = 0
        """Where the last line begins that was searched: it may have grown since."""
        self._read_to = 0
        self._step_bytes = min(FIRST_BYTES, SEARCHED_BYTES)
        self._size = 0
        self._upward = array("q")
        """Offsets below zero, from the place the search began towards the beginning, so that they ascend."""
        self._downward = array("q")

    @property
    def count(self) -> int:
        return len(self._upward) + len(self._downward)

    @property
    def is_full(self) -> bool:
        """There are more hits than are kept."""
        return len(self._upward) >= MOST_HITS

    @property
    def share(self) -> float:
        """How much was searched, 0 to 1."""
        return 1.0 if self.is_done or self._reached is None or not self._size else 1 - self._reached / self._size

    def step(self, descriptor: int, size: int) -> bool:
        """Search what is new, then one slice more; False if there was nothing to search."""
        if self._reached is None:
            first = max(0, size - SEARCHED_BYTES)
            begun = last_line(read_between(descriptor, first, size))
            self._reached = self._read_to = self._last_line = first + (begun or 0)
            self._size = max(1, size)
        is_new = size > self._read_to
        if is_new:
            self._search_new(descriptor, size)
        if self._reached and not self.is_full:
            begun_seconds = thread_time()
            start, data = slice_before(descriptor, self._reached, self._step_bytes)
            self._upward.extend(-offset for offset in reversed(self._found(start, data)))
            self._reached = start
            self._adapt(thread_time() - begun_seconds)
            is_new = True
        self.is_done = (self._reached == 0 or self.is_full) and self._read_to >= size
        return is_new

    def _adapt(self, seconds: float) -> None:
        """Have the next slice as large as suits an expression that took so long for the last one."""
        if seconds > SLOW_SECONDS:
            self._step_bytes = max(SMALLEST_BYTES, self._step_bytes // 4)
        else:
            self._step_bytes = min(SEARCHED_BYTES, 2 * self._step_bytes)

    def _search_new(self, descriptor: int, size: int) -> None:
        most = LATER_SLICES * self._step_bytes
        data = read_between(descriptor, self._last_line, min(size, self._last_line + most))
        while self._downward and self._downward[-1] >= self._last_line:
            self._downward.pop()
        self._downward.extend(self._found(self._last_line, data))
        self._read_to = self._last_line + len(data)
        begun = last_line(data)
        if begun is not None or len(data) == most:
            self._last_line += begun or len(data)

    def _found(self, start: int, data: bytes) -> list[int]:
        if not _has_moves(data) and not self._may_hold(data):
            return []
        screen = LogScreen(start)
        lines = screen.feed(data) + screen.rows()
        return [line.offset for line in lines if self.pattern.expression.search(line.text)]

    def _may_hold(self, data: bytes) -> bool:
        """Far cheaper than to make lines of it."""
        needles = self.pattern.needles
        if b"\t" in data and (not needles or any(b" " in needle for needle in needles)):
            return True
        seen = ESCAPES.sub(b"", data) if b"\x1b" in data else data
        if needles:
            seen = seen.translate(SMALL, CONTROLS)
            return any(needle in seen for needle in needles)
        shown = seen.translate(None, CONTROLS)
        if self.pattern.of_slices:
            utf8 = shown if shown.isascii() else shown.decode(errors="replace").encode()
            return self.pattern.of_slices.search(utf8) is not None
        return any(map(self.pattern.expression.search, shown.decode(errors="replace").split("\n")))

    # What was found

    def before(self, offset: int) -> int | None:
        """The nearest hit before an offset; None if there is none as far as was searched."""
        place = bisect_left(self._downward, offset)
        if place:
            return self._downward[place - 1]
        place = bisect_right(self._upward, -offset)
        return -self._upward[place] if place < len(self._upward) else None

    def after(self, offset: int) -> int | None:
        """The nearest hit after an offset; None if there is none, or if not all behind it was searched."""
        if self._reached is None or (self._reached > offset and not self.is_done):
            return None
        place = bisect_left(self._upward, -offset)
        if place:
            return -self._upward[place - 1]
        place = bisect_right(self._downward, offset)
        return self._downward[place] if place < len(self._downward) else None

    def rank(self, offset: int) -> int:
        """Of the hits found, how many do not come after an offset."""
        upward = len(self._upward) - bisect_left(self._upward, -offset)
        return upward + bisect_right(self._downward, offset)


def _has_moves(data: bytes) -> bool:
    return any(sign in data for sign in SIGNS_OF_MOVES) and MOVES.search(data) is not None
