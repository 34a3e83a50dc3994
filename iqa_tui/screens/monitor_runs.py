"""The part of the monitor screen that lists the runs: rows, filter, marks."""

from __future__ import annotations

import time
from typing import ClassVar

from textual.binding import Binding, BindingType

from iqa_tui.monitor.colours import colours_of
from iqa_tui.monitor.rows import RowKind, parent_key, rows_of
from iqa_tui.panels.run_list import Context, RunList
from iqa_tui.screens.filtering import FilteringRoom
from iqa_tui.screens.viewing import ViewingRoom
from iqa_tui.widgets.row_table import RowTable


class RunsRoom(FilteringRoom, ViewingRoom):
    """One row a run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "select"),
        Binding("slash", "filter", "filter", key_display="/"),
        Binding("K", "stop_run", "stop"),
        Binding("R", "retry_run", "retry"),
        Binding("h", "hold_run", "hold or release a queued run"),
        Binding("p", "priority_run", "next priority of a queued run"),
        Binding("a", "mark_all", "select all or none", show=False),
    ]

    def show_runs(self) -> None:
        shown = self.view.passing(self.runs)
        rows = rows_of(shown, self.view)
        table = self.query_one(RunList)
        is_first_look = not table.row_keys
        context = Context(
            time.time(),
            self.devices.waiting if self.devices else {},
            colours_of(self.runs),
            frozenset(self.view.marked),
        )
        table.show_runs(rows, context, self._empty_words())
        if is_first_look:  # on what happens now, rather than on a group
            below = [row for row in rows if row.runs and row.kind is not RowKind.GROUP]
            alive = (row for row in below if any(state.phase.is_alive for state in row.runs))
            first = next(alive, next(iter(below), None))
            table.move_to(first.key if first else "")
        self.show_title()

    def show_title(self) -> None:
        """What the user looks for, or why these are the runs as they were."""
        words = ""
        if self.problem:
            words = f"as they were last: {self.problem}"
        elif self.view.filter:
            words = f"matching “{self.view.filter}”"
        elif self.reading:
            words = self.reading
        self.query_one(RunList).set_title(f"Runs · {words}" if words else "Runs")

    def reading_changed(self) -> None:
        if self.runs:
            self.show_title()
        else:
            self.show_runs()

    def _empty_words(self) -> list[str]:
        if self.problem:
            return [self.problem]
        if self.reading:
            return [f"{self.reading} …"]
        if self.view.filter:
            return [f"No run matches “{self.view.filter}”. Escape shows all again."]
        return [
            f"No runs in {self.session.runs_dir} yet.",
            *self._first_steps(),
        ]

    def _first_steps(self) -> list[str]:
        if self.session.read_only:
            return []
        return [
            "",
            "Press 1, then enter: that launches the demo on whatever is here.",
            "Or choose another plan there. Runs go on when this app is closed.",
        ]

    def on_row_table_row_clicked(self, message: RowTable.RowClicked) -> None:
        message.stop()
        self.action_mark()

    def on_row_table_fold_clicked(self, message: RowTable.FoldClicked) -> None:
        message.stop()
        row = next((row for row in self.query_one(RunList).rows if row.key == message.key), None)
        if row is not None:
            self.look(self.view.fold(row.key, is_open=not row.is_open))

    def action_fold(self, is_open: bool) -> None:
        """Unfold the row under the cursor; fold it, or the row that it is folded into."""
        table = self.query_one(RunList)
        row = table.row_under_cursor
        if row is None:
            return
        if row.is_open is not None and row.is_open != is_open:
            self.look(self.view.fold(row.key, is_open=is_open))
        elif not is_open and (parent := parent_key(table.rows, row.key)):
            table.move_to(parent)
            if row.kind is not RowKind.EXPERIMENT:
                self.look(self.view.fold(parent, is_open=False))

    def action_mark(self) -> None:
        """Choose the curves of the row under the cursor, or no longer."""
        row = self.query_one(RunList).row_under_cursor
        if row is not None and row.runs:
            self.look(self.view.mark(row.runs))

    def action_mark_all(self) -> None:
        self.look(self.view.mark_all(self.view.passing(self.runs)))

    @property
    def filter_words(self) -> str:
        return self.view.filter

    def filter_by(self, words: str) -> None:
        self.look(self.view.with_filter(words))

    def filter_closed(self) -> None:
        self.query_one(RunList).focus()
