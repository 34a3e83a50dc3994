"""The rows of a log's lines, and which of them are on screen. Nothing here is a widget."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol

from rich.cells import cell_len

from iqa_tui.widgets.canvas import Line

Part = tuple[int, int, str]
"""Index of the first sign, index after the last, names of styles."""


class StyledLine(Protocol):
    """What a log gives for each of its lines."""

    @property
    def text(self) -> str: ...
    @property
    def runs(self) -> Sequence[Part]:
        """Parts that are not plain, in order."""

    @property
    def offset(self) -> int:
        """It stays the same however much of the log is in memory; of several lines it may be the same."""

    @property
    def number(self) -> int: ...


def row_ends(text: str, width: int) -> list[int]:
    """Index after the last sign of each row, if no row may be wider than so many cells; at least one row."""
    if text.isascii():
        return [*range(width, len(text), width), len(text)]
    ends, cells = [], 0
    for index, sign in enumerate(text):
        size = cell_len(sign)
        if cells + size > width and cells:
            ends.append(index)
            cells = 0
        cells += size
    return [*ends, len(text)]


def spans(line: StyledLine, first: int, end: int, over: Sequence[Part] = ()) -> Line:
    """A part of a line with its styles.

    Args:
        first, end: index of the first sign and after the last.
        over: parts that have further styles; they count more than the line's own.
    """
    if not line.runs and not over:
        return [(line.text[first:end], "")]
    end = min(end, len(line.text))
    edges = {first, end} | {edge for part in (*line.runs, *over) for edge in part[:2] if first < edge < end}
    places = sorted(edges)
    return [
        (
            line.text[start:stop],
            " ".join(names for begin, after, names in (*line.runs, *over) if begin <= start < after),
        )
        for start, stop in pairwise(places)
    ]


class LogPlace:
    """Down to which row of which line a log is shown."""

    def __init__(self) -> None:
        self.lines: Sequence[StyledLine] = ()
        self.is_following = True
        self.wraps = False
        self._end = 0
        """Index after the lowest line shown."""
        self._hidden = 0
        """Rows of the lowest line that are below the screen."""
        self._width = self._height = 1

    @property
    def end(self) -> int:
        """Index after the lowest line shown."""
        return len(self.lines) if self.is_following else self._end

    @property
    def lowest(self) -> StyledLine | None:
        return self.lines[self.end - 1] if self.lines else None

    def set_size(self, width: int, height: int) -> None:
        """Of the screen. What was the lowest row stays, as far as the screen is full then."""
        if (width, height) != (self._width, self._height):
            self._width, self._height = max(1, width), max(1, height)
            self._settle()

    def set_wraps(self, wraps: bool) -> None:
        """Lines in as many rows as they need, or one row each."""
        self.wraps, self._hidden = wraps, 0
        self._settle()

    def _settle(self) -> None:
        if self.lines and not self.is_following:
            self._hidden = min(self._hidden, self._rows(self._end - 1) - 1)
            self._fill()

    def set_lines(self, lines: Sequence[StyledLine]) -> None:
        """Other lines of the same log: what was the lowest one stays there, as far as it is there."""
        before = self.lowest
        if before is None or self.is_following:
            self.lines = lines
            return
        group = self._end - _first_from(self.lines, before.offset)
        self.lines = lines
        self._end = max(1, min(len(lines), _first_from(lines, before.offset) + group))
        self._hidden = min(self._hidden, self._rows(self._end - 1) - 1) if lines else 0
        self._fill()

    def follow(self) -> None:
        self.is_following, self._hidden = True, 0

    def hold(self) -> None:
        """Stay with the lines that are on screen, though there are newer ones."""
        self._end, self.is_following = self.end, False

    def move(self, rows: int, *, is_end: bool) -> int:
        """Go down, or up if it is negative.

        Args:
            is_end: there is no line after the last one.

        Returns:
            The rows that could not be gone, because they are not among these lines; 0 at the end of the log.
        """
        if not self.lines:
            return 0
        self.hold()
        left = self._up(-rows) if rows < 0 else self._down(rows)
        if rows > 0 and is_end and self._end == len(self.lines) and not self._hidden:
            self.follow()
            return 0
        return left

    def move_to(self, index: int, above: int | None = None) -> None:
        """Show a line, with so many rows above it; None: a third of the screen."""
        self.is_following, self._hidden = False, 0
        below = self._height - 1 - (self._height // 3 if above is None else above)
        self._end = max(1, min(len(self.lines), index + 1))
        while below > 0 and self._end < len(self.lines):
            below -= self._rows(self._end)
            if below >= 0:
                self._end += 1
        self._fill()

    def index_of(self, offset: int) -> int:
        """Of the line that an offset lies in."""
        after = _first_from(self.lines, offset + 1)
        return max(0, after - 1)

    def shown(self) -> list[tuple[int, int, int]]:
        """Index of the line, of its first sign and after its last, of each row on screen from the top."""
        rows: list[tuple[int, int, int]] = []
        index, hidden = self.end - 1, 0 if self.is_following else self._hidden
        while index >= 0 and len(rows) < self._height:
            text = self.lines[index].text
            ends = row_ends(text, self._width) if self.wraps else [len(text)]
            starts = [0, *ends[:-1]]
            of_line = list(zip(starts, ends, strict=True))[: len(ends) - hidden]
            rows += [(index, first, end) for first, end in reversed(of_line)]
            index, hidden = index - 1, 0
        return rows[: self._height][::-1]

    def _rows(self, index: int) -> int:
        return len(row_ends(self.lines[index].text, self._width)) if self.wraps else 1

    def _up(self, rows: int) -> int:
        while rows:
            step = min(rows, self._rows(self._end - 1) - 1 - self._hidden)
            self._hidden += step
            rows -= step
            if not rows or self._end == 1:
                break
            self._end, self._hidden, rows = self._end - 1, 0, rows - 1
        return -(rows + self._fill())

    def _down(self, rows: int) -> int:
        while rows:
            step = min(rows, self._hidden)
            self._hidden -= step
            rows -= step
            if not rows or self._end == len(self.lines):
                break
            self._hidden, rows = self._rows(self._end) - 1, rows - 1
            self._end += 1
        return rows

    def _fill(self) -> int:
        """Go down as long as the screen is not full; the rows that were gone."""
        missing = self._height - len(self.shown())
        return missing - self._down(missing) if missing > 0 else 0


def _first_from(lines: Sequence[StyledLine], offset: int) -> int:
    """Index of the first line with this offset or a later one."""
    low, high = 0, len(lines)
    while low < high:
        middle = (low + high) // 2
        if lines[middle].offset < offset:
            low = middle + 1
        else:
            high = middle
    return low
