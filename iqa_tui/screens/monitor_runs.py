"""The part of the monitor screen that chooses among the runs: marks, and the orders for the run under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from iqa_tui.monitor.noted import notes_in_common
from iqa_tui.panels.run_list import RunList
from iqa_tui.screens.monitor_table import TableRoom

if TYPE_CHECKING:
    from iqa_tui.monitor.state import RunState
    from iqa_tui.widgets.row_table import RowTable
    from training.runfolder.schema import RunNotes


class RunsRoom(TableRoom):
    """One row a run, or several."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "select"),
        Binding("K", "stop_run", "stop"),
        Binding("R", "retry_run", "retry"),
        Binding("h", "hold_run", "hold or release a queued run"),
        Binding("p", "priority_run", "next priority of a queued run"),
        Binding("a", "mark_all", "select all or none", show=False),
        Binding("P", "pin", "pin above all groups, or put back", show=False),
        Binding("H", "hide", "hide, or show again", show=False),
        Binding("A", "archive", "archive, or put back", show=False),
        Binding("t", "notes", "tags and note", show=False),
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

    def action_pin(self) -> None:
        row = self.query_one(RunList).row_under_cursor
        if row is not None and row.runs:
            self.look(self.view.pin(row.runs))

    def action_hide(self) -> None:
        row = self.query_one(RunList).row_under_cursor
        if row is not None and row.runs:
            self.look(self.view.hide(row.runs))
            if row.runs[0].run_id in self.view.hidden:
                self.notify("Hidden. Filter for hidden (/) and press H to show it again.")

    def action_archive(self) -> None:
        """Of a row that stands for several runs: all of them."""
        row = self.query_one(RunList).row_under_cursor
        if row is None or not row.runs:
            return
        runs = row.runs
        is_undone = all(state.noted.archived for state in runs)

        def archive() -> str:
            from iqa_tui.queue.noting import archive_run, unarchive_run  # noqa: PLC0415  as for other orders

            said = [unarchive_run(state.run) if is_undone else archive_run(state.run) for state in runs]
            hint = "" if is_undone else " Filter for archived (/) and press A to put it back."
            return (said[0] if len(said) == 1 else f"{len(said)} runs: {said[-1]}") + hint

        self._order(runs[0], archive)

    def action_notes(self) -> None:
        """Of a row that stands for several runs: what they have in common."""
        row = self.query_one(RunList).row_under_cursor
        if row is None or not row.runs:
            return
        from iqa_tui.screens.noting import NotesScreen  # noqa: PLC0415  after the first paint

        runs = row.runs
        shared = notes_in_common([state.noted for state in runs])
        name = self.name_of(runs[0]) if len(runs) == 1 else f"{len(runs)} runs"

        def note(answer: tuple[tuple[str, ...], str] | None) -> None:
            if answer is not None:
                self._order(runs[0], lambda: _note(runs, shared, *answer))

        self.app.push_screen(NotesScreen(name, shared), note)

    # Orders are for one run

    def action_stop_run(self) -> None:
        if self._stands_for_one():
            super().action_stop_run()

    def action_retry_run(self) -> None:
        if self._stands_for_one():
            super().action_retry_run()

    def action_hold_run(self) -> None:
        if self._stands_for_one():
            super().action_hold_run()

    def action_priority_run(self) -> None:
        if self._stands_for_one():
            super().action_priority_run()

    def _stands_for_one(self) -> bool:
        """Whether the row under the cursor is one run's; else the user is told."""
        row = self.query_one(RunList).row_under_cursor
        if row is not None and row.run is None and row.runs:
            self.notify(f"This row stands for {len(row.runs)} runs: unfold it (→) and order each.")
        return row is not None and row.run is not None


def _note(runs: Sequence[RunState], shared: RunNotes, tags: Sequence[str], note: str) -> str:
    """In a thread: change what was changed of the notes that the runs have in common, and leave them the rest."""
    from iqa_tui.queue.noting import note_run  # noqa: PLC0415  as for other orders

    said = ""
    for state in runs:
        own = [tag for tag in state.noted.tags if tag not in shared.tags]
        said = note_run(state.run, [*own, *tags], state.noted.note if note == shared.note else note)
    return said if len(runs) == 1 else f"Noted of {len(runs)} runs."
