"""The part of the monitor screen that opens pages: of the run under the cursor, of two runs beside each other."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType

from iqa_tui.screens.viewing import ViewingRoom


class PagesRoom(ViewingRoom):
    """A page lies on the monitor until escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open_run", "its page", key_display="enter"),
        Binding("D", "compare_runs", "compare two runs", show=False),
    ]

    def action_open_run(self) -> None:
        """Of several runs under the cursor, that whose log is shown."""
        state = self.followed_run()
        if state is None:
            return
        from iqa_tui.screens.run_page import RunPage  # noqa: PLC0415  when the user goes there

        self.app.push_screen(RunPage(self.session, state.run_id, replace(self.view.curves, cross=None)))

    def action_compare_runs(self) -> None:
        """The two marked runs, or the marked one and that under the cursor."""
        marked = [state.run_id for state in self.runs if state.run_id in self.view.marked]
        under_cursor = self.followed_run()
        if len(marked) == 1 and under_cursor is not None and under_cursor.run_id not in marked:
            marked.append(under_cursor.run_id)
        if len(marked) != 2:
            self.notify("Select two runs with space (fold their row open for single seeds), then D compares them.")
            return
        from iqa_tui.screens.comparison import ComparisonPage  # noqa: PLC0415  when the user goes there

        curves = replace(self.view.curves, cross=None, is_banded=False)
        self.app.push_screen(ComparisonPage(self.session, marked[0], marked[1], curves))
