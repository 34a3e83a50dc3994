"""A log in which its user marks a range of lines with the keys that move."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from iqa_tui.widgets.log_rows import StyledLine
from iqa_tui.widgets.log_view import LogView


class LogRange(LogView):
    """While a range is marked, the keys that scroll move its end."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("v", "select", "select lines")]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id, classes=classes)
        self._anchor: int | None = None
        """Offset of the line at which the range began; None: no lines are marked."""
        self._cursor = 0
        """Offset of the line at its other end."""

    def begin(self) -> None:
        super().begin()
        self._anchor = None

    @property
    def line_of_interest(self) -> int:
        """Offset of the line at which a range begins."""
        return self._place.lowest.offset if self._place.lowest else 0

    def move_cursor(self, offset: int) -> None:
        """Let the range, if there is one, reach to this line."""
        if self._anchor is not None:
            self._cursor = offset

    @property
    def marked(self) -> tuple[int, int] | None:
        """Offsets of the first and of the last line that are marked."""
        if self._anchor is None:
            return None
        return min(self._anchor, self._cursor), max(self._anchor, self._cursor)

    def marked_lines(self) -> list[str] | None:
        """Their text; None if not all of them are in memory."""
        if self.marked is None or not self._place.lines:
            return []
        first, last = self.marked
        if not (self._has(first) and self._has(last)):
            return None
        return [line.text for line in self._place.lines if first <= line.offset <= last]

    def offset_after(self, last: int | None) -> int | None:
        """Of the line behind one that is in memory; None if there is none."""
        if last is None:
            return None
        return next((line.offset for line in self._place.lines if line.offset > last), None)

    def action_select(self) -> None:
        """Begin a range; again: no range."""
        lowest = self._place.lowest
        if self._anchor is not None or lowest is None:
            self._anchor = None
        else:
            self._anchor = self._cursor = self.line_of_interest
            self._place.hold()
        self.changed()

    def end_selection(self) -> None:
        self._anchor = None
        self.changed()

    def action_scroll_lines(self, lines: int) -> None:
        """Of a range, its end moves."""
        if self._anchor is None:
            super().action_scroll_lines(lines)
            return
        index = self._place.index_of(self._cursor)
        self._cursor = self._place.lines[max(0, min(len(self._place.lines) - 1, index + lines))].offset
        self._scroll_to_cursor()

    def _scroll_to_cursor(self) -> None:
        shown, index = self._place.shown(), self._place.index_of(self._cursor)
        rows = min(0, index - shown[0][0]) or max(0, index - shown[-1][0])
        if rows:
            self._move(rows)
        self.changed()

    def action_first(self) -> None:
        if self._anchor is not None:
            self._cursor = 0
        super().action_first()

    def action_follow(self) -> None:
        super().action_follow()
        if self._anchor is not None and self._place.lowest:
            self._cursor = self._place.lowest.offset
            self.changed()

    def title_words(self) -> list[str]:
        words = super().title_words()
        return [*words, "y copies, s saves, esc leaves"] if self._anchor is not None else words

    def row_names(self, line: StyledLine) -> str:
        return "cursor" if self.marked and self.marked[0] <= line.offset <= self.marked[1] else ""
