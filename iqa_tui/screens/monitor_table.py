"""The part of the monitor screen that shows the table of runs: which rows, in which order, under which columns."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType

from iqa_tui.monitor.colours import colours_of
from iqa_tui.monitor.fields import FIELDS
from iqa_tui.monitor.rows import RowKind, parent_key, rows_of
from iqa_tui.panels.run_columns import CHOOSABLE
from iqa_tui.panels.run_list import RunList
from iqa_tui.panels.run_rows import Context
from iqa_tui.screens.filtering import FilteringRoom
from iqa_tui.screens.viewing import ViewingRoom
from iqa_tui.widgets.row_table import RowTable
from iqa_tui.widgets.table_lines import Sorted


class TableRoom(FilteringRoom, ViewingRoom):
    """Rows that fold, sorted and filtered."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter", key_display="/"),
        Binding("less_than_sign", "sort(-1)", "sort by the column on the left", key_display="<", show=False),
        Binding("greater_than_sign", "sort(1)", "sort by the column on the right", key_display=">", show=False),
        Binding("r", "turn_sort", "turn the order round", show=False),
        Binding("C", "columns", "columns", show=False),
    ]

    def show_runs(self) -> None:
        now = time.time()
        rows = rows_of(self.view.passing(self.runs, now), self.view, now)
        table = self.query_one(RunList)
        is_first_look = not table.row_keys
        context = Context(
            now,
            self.devices.waiting if self.devices else {},
            colours_of(self.runs),
            frozenset(self.view.marked),
            self.view.columns,
            has_signs=self.session.has_signs,
        )
        table.show_sorted(Sorted(self.view.sort, self.view.is_rising))
        table.show_runs(rows, context, self._empty_words())
        if is_first_look:  # on what happens now, rather than on a group
            below = [row for row in rows if row.runs and row.kind is not RowKind.GROUP]
            below.sort(key=lambda row: row.kind is RowKind.TUNING)
            alive = (row for row in below if any(state.phase.is_alive for state in row.runs))
            first = next(alive, next(iter(below), None))
            table.move_to(first.key if first else "")
        self.show_title()

    def show_title(self) -> None:
        """What the user looks for, or why these are the runs as they were; how many are out of the way."""
        parts = []
        if self.problem:
            parts.append(f"as they were last: {self.problem}")
        elif self.view.filter:
            query = self.view.query(self.runs)
            is_said = bool(self.query("#filter-problem"))  # beside the field, while the user types
            parts += [f"matching “{self.view.filter}”", *([query.problem] if query.problem and not is_said else [])]
        elif self.reading:
            parts.append(self.reading)
        hidden = sum(state.run_id in self.view.hidden for state in self.runs)
        archived = sum(state.is_archived for state in self.runs)
        parts += [f"{hidden} hidden"] if hidden else []
        parts += [f"{archived} archived"] if archived else []
        self.query_one(RunList).set_title(" · ".join(["Runs", *parts]))

    def reading_changed(self) -> None:
        if self.runs:
            self.show_title()
        else:
            self.show_runs()

    def _empty_words(self) -> list[str]:
        if self.problem:
            return [self.problem]
        if self.reading and not self.runs:
            return [f"{self.reading} …"]
        if self.view.filter and self.runs:
            return [f"No run matches “{self.view.filter}”. Escape shows all again."]
        if self.runs:
            return ["All runs are hidden or archived: filter for hidden or archived (/)."]
        first_steps = [
            "",
            "Press 1, then enter: that launches the demo on whatever is here.",
            "Or choose another plan there. Runs go on when this app is closed.",
        ]
        return [f"No runs in {self.session.runs_dir} yet.", *(() if self.session.read_only else first_steps)]

    # Folds

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
            if row.kind not in (RowKind.EXPERIMENT, RowKind.TUNING):
                self.look(self.view.fold(parent, is_open=False))

    # Order and columns

    def on_row_table_title_clicked(self, message: RowTable.TitleClicked) -> None:
        message.stop()
        if message.key in self.query_one(RunList).sortable:
            self.look(self.view.sort_by(message.key))

    def action_sort(self, columns: int) -> None:
        """By another of the columns that are shown; beside the last one, as the plan has them."""
        names = ["", *self.query_one(RunList).sortable]
        here = names.index(self.view.sort) if self.view.sort in names else 0
        chosen = names[(here + columns) % len(names)]
        self.look(self.view.sort_by(chosen) if chosen else replace(self.view, sort=""))

    def action_turn_sort(self) -> None:
        if self.view.sort:
            self.look(self.view.turned())
        else:
            self.notify("The runs stand as in their plan: > or a click on a title sorts them.")

    def action_columns(self) -> None:
        from iqa_tui.screens.columns import ColumnsScreen  # noqa: PLC0415  after the first paint

        shown = self.query_one(RunList).shown_columns
        # How a filter asks for it is told elsewhere.
        words = {column.key: FIELDS[column.key].words.partition(";")[0] for column in CHOOSABLE}
        choices = [(column.key, column.title, words[column.key]) for column in CHOOSABLE]
        self.app.push_screen(ColumnsScreen(self.view.columns or shown, choices), self._columns_chosen)

    def _columns_chosen(self, columns: tuple[str, ...] | None) -> None:
        if columns is not None:
            self.look(replace(self.view, columns=columns))

    # The filter

    @property
    def filter_words(self) -> str:
        return self.view.filter

    def filter_by(self, words: str) -> None:
        self.look(self.view.with_filter(words))

    def filter_problem(self) -> str:
        return self.view.query(self.runs).problem

    def filter_closed(self) -> None:
        self.query_one(RunList).focus()
