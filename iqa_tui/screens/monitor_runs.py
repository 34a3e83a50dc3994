"""The part of the monitor screen that lists the runs: rows, filter, marks."""

from __future__ import annotations

import time
from typing import ClassVar

from textual.binding import Binding, BindingType

from iqa_tui.monitor import run_words
from iqa_tui.monitor.newest_group import newest_group_words
from iqa_tui.panels.run_list import RunList
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
        ordered = self.view.passing(self.runs)
        table = self.query_one(RunList)
        is_first_look = not table.row_keys
        table.show_runs(
            ordered,
            [] if self.view.filter else run_words.recorded_rows(ordered),
            waiting={run_id: wait.words for run_id, wait in self.devices.waiting.items()} if self.devices else {},
            colours=self.view.colours,
            now=time.time(),
            empty=self._empty_words(),
        )
        if is_first_look and ordered:  # on what happens now, rather than on a recorded row
            table.move_to(next((state for state in ordered if state.phase.is_alive), ordered[0]).run_id)
        self.show_title()

    def show_title(self) -> None:
        """What the user looks for, or how far the newest group is."""
        waiting = self.devices.waiting if self.devices else {}
        words = newest_group_words(self.runs, waiting, time.time(), short=self.has_class("-narrow"))
        if self.problem:
            words = f"as they were last: {self.problem}"
        elif self.view.filter:
            words = f"matching “{self.view.filter}”"
        self.query_one(RunList).set_title(f"Runs · {words}" if words else "Runs")

    def _empty_words(self) -> list[str]:
        if self.problem:
            return [self.problem]
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

    def action_mark(self) -> None:
        """Choose the run under the cursor for the curves, or no longer."""
        state = self.run_under_cursor()
        if state is not None:
            self.look(self.view.mark(state.run_id))

    def action_mark_all(self) -> None:
        self.look(self.view.mark_all(self.view.passing(self.runs)))

    @property
    def filter_words(self) -> str:
        return self.view.filter

    def filter_by(self, words: str) -> None:
        self.look(self.view.with_filter(words))

    def filter_closed(self) -> None:
        self.query_one(RunList).focus()
