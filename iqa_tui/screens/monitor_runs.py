"""The part of the monitor screen that chooses among the runs: marks, and the orders for the run under the cursor."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from iqa_tui.panels.run_list import RunList
from iqa_tui.screens.monitor_table import TableRoom
from iqa_tui.widgets.row_table import RowTable


class RunsRoom(TableRoom):
    """One row a run, or several."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "select"),
        Binding("K", "stop_run", "stop"),
        Binding("R", "retry_run", "retry"),
        Binding("h", "hold_run", "hold or release a queued run"),
        Binding("p", "priority_run", "next priority of a queued run"),
        Binding("a", "mark_all", "select all or none", show=False),
    ]

    def on_row_table_row_clicked(self, message: RowTable.RowClicked) -> None:
        message.stop()
        self.action_mark()

    def action_mark(self) -> None:
        """Choose the curves of the row under the cursor, or no longer."""
        row = self.query_one(RunList).row_under_cursor
        if row is not None and row.runs:
            self.look(self.view.mark(row.runs))

    def action_mark_all(self) -> None:
        shown = [state for row in self.query_one(RunList).rows for state in row.runs]
        self.look(self.view.mark_all({state.run_id: state for state in shown}.values()))
