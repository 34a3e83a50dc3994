"""A table of rows under fixed columns: a cursor, ticks or marks, a filter; nothing jumps when a value changes.

If the place is narrow, whole columns are left out, the least important first, not letters of all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from iqa_tui.widgets.canvas import Canvas, Line, line_width
from iqa_tui.widgets.table_lines import Column, Sorted, TableRow, column_at, fitting_columns, header_line, row_line

BORDER_TEXT_PADDING = 2
"""Cells by which a text in the border must be shorter than the widget's content is wide."""


class RowTable(Canvas, can_focus=True):
    """Shows the rows of `show`; posts what the user does with them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("down,j", "move(1)", "down", show=False),
        Binding("pageup", "move_page(-1)", "page up", show=False),
        Binding("pagedown", "move_page(1)", "page down", show=False),
        Binding("home,g", "move(-1000000)", "first", show=False),
        Binding("end,G", "move(1000000)", "last", show=False),
        Binding("ctrl+d", "move_half(1)", "half a page down", show=False),
        Binding("ctrl+u", "move_half(-1)", "half a page up", show=False),
    ]

    class CursorMoved(Message):
        """Another row is under the cursor; `key` is None if there is no row."""

        def __init__(self, table: RowTable, key: str | None) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> RowTable:
            return self.table

    class RowClicked(Message):
        """The row under the cursor was clicked again."""

        def __init__(self, table: RowTable, key: str) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> RowTable:
            return self.table

    class FoldClicked(RowClicked):
        """A row that folds was clicked."""

    class TitleClicked(RowClicked):
        """The heading of a column was clicked; `key` is the column's."""

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        id: str | None = None,  # noqa: A002  Textual's name
        classes: str | None = None,
        header: bool = True,
        empty: Sequence[str] = (),
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._columns = tuple(columns)
        self._header = header
        self._empty = tuple(empty)
        self._rows: tuple[TableRow, ...] = ()
        self._cursor = 0
        self._first = 0
        self._note = ""
        self._sorted = Sorted()

    @property
    def cursor_key(self) -> str | None:
        """The row under the cursor; None if there is no row."""
        return self._rows[self._cursor].key if self._rows else None

    @property
    def row_keys(self) -> tuple[str, ...]:
        return tuple(row.key for row in self._rows)

    def show(self, rows: Sequence[TableRow], empty: Sequence[str] | None = None) -> None:
        """Show these rows, the cursor on the row that it was on; without rows, the lines of `empty`."""
        before = self.cursor_key
        self._rows = tuple(rows)
        self._empty = self._empty if empty is None else tuple(empty)
        keys = self.row_keys
        self._cursor = keys.index(before) if before in keys else max(0, min(self._cursor, len(keys) - 1))
        self._after_cursor_change(before)

    def show_sorted(self, by: Sorted) -> None:
        """Put an arrow beside the title of the column that the rows are sorted by."""
        self._sorted = by

    def set_note(self, text: str) -> None:
        """Say in full at the lower border what a column may be too narrow for."""
        self._note = text
        self._show_note()

    def has_room_for_note(self, text: str) -> bool:
        """Whether the lower border takes it whole, beside the place in the list."""
        beside = len(f"{self._place} · ") if self._place else 0
        return cell_len(text) + beside <= self.size.width - BORDER_TEXT_PADDING

    def _show_note(self) -> None:
        self.set_subtitle(" · ".join(text for text in (self._note, self._place) if text))

    @property
    def _place(self) -> str:
        return f"{self._cursor + 1} of {len(self._rows)}" if len(self._rows) > self._visible_rows else ""

    def move_to(self, key: str) -> None:
        """Put the cursor on a row; the key of none moves nothing."""
        before = self.cursor_key
        if key in self.row_keys:
            self._cursor = self.row_keys.index(key)
            self._after_cursor_change(before)

    def action_move(self, rows: int) -> None:
        before = self.cursor_key
        self._cursor = max(0, min(self._cursor + rows, len(self._rows) - 1))
        self._after_cursor_change(before)

    def action_move_page(self, pages: int) -> None:
        self.action_move(pages * max(1, self._visible_rows - 1))

    def action_move_half(self, pages: int) -> None:
        self.action_move(pages * max(1, self._visible_rows // 2))

    def _after_cursor_change(self, before: str | None) -> None:
        self._scroll_to_cursor()
        self.redraw()
        if self.cursor_key != before:
            self.post_message(self.CursorMoved(self, self.cursor_key))

    @property
    def _visible_rows(self) -> int:
        return max(1, self.size.height - int(self._header))

    def _scroll_to_cursor(self) -> None:
        visible = self._visible_rows
        self._first = min(self._first, self._cursor)
        self._first = max(self._first, self._cursor - visible + 1, 0)
        self._first = min(self._first, max(0, len(self._rows) - visible))

    def draw(self, width: int, height: int) -> list[Line]:
        if not self._rows and self._empty:
            return [[(text, "dim")] for text in self._empty]
        self._scroll_to_cursor()
        columns = fitting_columns(self._columns, width)
        lines = [header_line(columns, self._sorted)] if self._header else []
        for place, row in enumerate(self._rows[self._first : self._first + height - len(lines)], self._first):
            line = row_line(row, columns, width)
            if place == self._cursor:
                line = [(text, f"{style} cursor".strip()) for text, style in line]
                line.append((" " * max(0, width - line_width(line)), "cursor"))
            lines.append(line)
        self._show_note()
        return lines

    def on_resize(self, _event: events.Resize) -> None:
        """Show the rows that a table which was opened at this size would show."""
        self._first = 0

    def on_click(self, event: events.Click) -> None:
        place = event.get_content_offset(self)
        if place is None:
            return
        if self._header and place.y == 0:
            if key := column_at(fitting_columns(self._columns, self.size.width), place.x):
                self.post_message(self.TitleClicked(self, key))
            return
        row = self._first + place.y - int(self._header)
        if not 0 <= row < len(self._rows):
            return
        if self._rows[row].folds:
            self.post_message(self.FoldClicked(self, self._rows[row].key))
        elif row == self._cursor:
            self.post_message(self.RowClicked(self, self._rows[row].key))
        self.action_move(row - self._cursor)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_move(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_move(-1)
