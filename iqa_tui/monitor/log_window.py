"""The lines of a log that are in memory: its end as it grows, or a part further up, of bounded length."""

from __future__ import annotations

from collections import deque

from iqa_tui.monitor.log_index import LineIndex
from iqa_tui.monitor.log_screen import LogLine, LogScreen
from iqa_tui.monitor.log_slices import SLICE_BYTES, slice_after, slice_before

MARGIN_LINES = 400
"""Wanted on both sides of a place: more than a page of any terminal."""
MOST_BYTES = 4 << 20
"""Lines of megabytes, as a file without newlines has, are read one at a time."""
KEPT_LINES = 5000
FIRST_BYTES = 64 << 10
"""Of the end, before anything is on screen: some pages, in some milliseconds."""
TAIL_BYTES = 256 << 10
"""Of a log that grew by more, only the end is read."""


class LogWindow:
    """Lines without gaps. Their numbers may all be wrong by the same amount, if the log is not counted so far."""

    def __init__(self) -> None:
        self.lines: deque[LogLine] = deque()
        """Those that no longer change."""
        self._screen: LogScreen | None = None
        """Reads the end of the log; None if the window ends before it."""
        self._end = self._end_number = 0
        """Offset and number of the line after the last one, without a screen."""

    @property
    def is_end(self) -> bool:
        return self._screen is not None

    @property
    def first(self) -> int:
        """Offset of the first line."""
        return self.lines[0].offset if self.lines else self._screen_line().offset

    @property
    def first_number(self) -> int:
        return self.lines[0].number if self.lines else self._screen_line().number

    def all_lines(self) -> tuple[LogLine, ...]:
        return (*self.lines, *(self._screen.rows() if self._screen else ()))

    def _screen_line(self) -> LogLine:
        return self._screen.top if self._screen else LogLine("", (), self._end, self._end_number)

    def has(self, place: int) -> bool:
        return self.first <= place and (self.is_end or place < self._end)

    def follow(self, descriptor: int, size: int, index: LineIndex) -> bool:
        """Have the newest lines; False if they are there already."""
        if self._screen is None or size - self._screen.offset > TAIL_BYTES:
            self._begin_at_end(descriptor, size, index)
            return True
        return self.read_on(descriptor, size)

    def read_on(self, descriptor: int, size: int) -> bool:
        """Take what was added, if the window reaches to the end."""
        if self._screen is None or size <= self._screen.offset:
            return False
        self.lines += self._screen.feed(slice_after(descriptor, self._screen.offset, size))
        return True

    def _begin_at_end(self, descriptor: int, size: int, index: LineIndex) -> None:
        start, data = slice_before(descriptor, size, FIRST_BYTES)
        number, _ = index.number_at(descriptor, start, len(data) / (data.count(b"\n") + 1))
        self._screen = LogScreen(start, number)
        self.lines = deque(self._screen.feed(data))

    def begin_at(self, descriptor: int, place: int, size: int, index: LineIndex) -> None:
        """Have the lines around a place, and no others."""
        start, data = slice_before(descriptor, min(place, size))
        number, _ = index.number_at(descriptor, start, len(data) / (data.count(b"\n") + 1) or 1.0)
        self._screen, self._end, self._end_number = None, start, number
        self.lines = deque()
        self.reach_down(descriptor, size)

    def reach_up(self, descriptor: int) -> None:
        """Add lines before the first one."""
        start, data = slice_before(descriptor, self.first, SLICE_BYTES)
        screen = LogScreen(start, self.first_number - data.count(b"\n"))
        self.lines.extendleft(reversed(screen.feed(data) + screen.closed()))

    def reach_down(self, descriptor: int, size: int) -> None:
        """Add lines after the last one."""
        if self._screen is not None:
            return
        data = slice_after(descriptor, self._end, size)
        screen = LogScreen(self._end, self._end_number)
        self.lines += screen.feed(data)
        if self._end + len(data) >= size:
            self._screen = screen
        else:
            self.lines += screen.closed()
            self._end, self._end_number = self._end + len(data), self._end_number + data.count(b"\n")

    def around(self, place: int) -> tuple[int, int]:
        """How many lines there are before a place and from it on."""
        before = sum(1 for line in self.lines if line.offset < place)
        return before, len(self.lines) - before + (MARGIN_LINES if self.is_end else 0)

    def wants_more_above(self, before: int) -> bool:
        """Whether there are too few lines before a place.

        Args:
            before: how many there are.
        """
        end = self._screen.offset if self._screen else self._end
        return self.first > 0 and before < (MARGIN_LINES if end - self.first < MOST_BYTES else 1)

    def drop_far(self, place: int | None) -> None:
        """Keep the lines that are near a place, or the newest."""
        most = KEPT_LINES if place is None else self.around(place)[0] + KEPT_LINES // 2
        if place is not None and len(self.lines) > max(most, KEPT_LINES):
            self._end, self._end_number = self.lines[most].offset, self.lines[most].number
            self._screen = None
            while len(self.lines) > most:
                self.lines.pop()
        while len(self.lines) > KEPT_LINES:
            self.lines.popleft()
