"""The table of runs: groups and experiments that fold, runs, and the recorded results of the newest group's plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from iqa_tui.monitor.rows import Row
from iqa_tui.panels.run_columns import ALWAYS, CHOOSABLE, COLUMNS, columns_for, has_deviations
from iqa_tui.panels.run_rows import Context, table_row
from iqa_tui.widgets.canvas import Line
from iqa_tui.widgets.row_table import RowTable
from iqa_tui.widgets.table_lines import fitting_columns


class RunList(RowTable):
    """The newest group first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "screen.fold(False)", "fold", show=False),
        Binding("right", "screen.fold(True)", "unfold", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(COLUMNS, classes="panel", id="runs")
        self.border_title = "Runs"
        self._shown: tuple[Row, ...] = ()
        self._drawn_width = 0
        """Cells when it was drawn last; it keeps its columns while another panel has the whole screen."""

    def show_runs(self, rows: Sequence[Row], context: Context, empty: Sequence[str]) -> None:
        """Args:
        rows: see `rows_of`.
        empty: lines that are shown if there is no row.
        """
        self._shown = tuple(rows)
        self._columns = columns_for(rows, context.columns, has_signs=context.has_signs)
        has_sd = has_deviations(rows)
        self.show([table_row(row, context, has_sd=has_sd) for row in rows], empty)

    @property
    def shown_columns(self) -> tuple[str, ...]:
        """Keys of the columns that there is room for."""
        shown = [column.instead_of or column.key for column in fitting_columns(self._columns, self._drawn_width)]
        return tuple(column.key for column in CHOOSABLE if column.key in shown)

    @property
    def sortable(self) -> tuple[str, ...]:
        """Names of the fields by which rows can be sorted here, from left to right."""
        shown = (*ALWAYS[1:], *self.shown_columns)
        return tuple(column.key for column in COLUMNS if column.key in shown)

    def draw(self, width: int, height: int) -> list[Line]:
        self._drawn_width = width
        return super().draw(width, height)

    @property
    def rows(self) -> tuple[Row, ...]:
        """As they stand."""
        return self._shown

    @property
    def row_under_cursor(self) -> Row | None:
        """None if there is no row."""
        return next((row for row in self._shown if row.key == self.cursor_key), None)
