"""The table of an ablation, group by group, and its export."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.worker import get_current_worker

from iqa_tui.monitor.colours import colours_of
from iqa_tui.panels.notes import Notes
from iqa_tui.panels.result_table import ResultTable
from iqa_tui.results.caption import caption
from iqa_tui.results.row import Row
from iqa_tui.results.table import Table, build_table, group_tables
from iqa_tui.results.values import spreadsheet_text
from iqa_tui.screens.export import ExportScreen
from iqa_tui.screens.room import Room, Session
from iqa_tui.widgets.row_table import RowTable
from training.runfolder.text import plain_copy


class TableBuilt(Message, bubble=False):
    """A table was computed from the runs as they are now."""

    def __init__(self, groups: tuple[str, ...], table: Table) -> None:
        super().__init__()
        self.groups = groups
        self.table = table

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, TableBuilt)


class ResultsScreen(Room):
    """Asks for the table again whenever a run changes its state."""

    ROOM = "results"
    CSS_PATH = "results.tcss"
    AUTO_FOCUS = "#results ResultTable"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "export", "export"),
        Binding("right_square_bracket", "next_group(1)", "next table", key_display="]"),
        Binding("left_square_bracket", "next_group(-1)", "previous table", key_display="["),
        Binding("y", "copy", "copy row"),
    ]

    def __init__(self, session: Session, group: str | None = None) -> None:
        super().__init__(session)
        self._groups: tuple[str, ...] = ()
        self._group = group
        """The one shown; None: the newest."""
        self._table: Table | None = None
        """As it is exported: its texts are raw."""
        self._export_when_built = False
        self._built_from: frozenset[tuple[str, str, int]] | None = None

    def compose_body(self) -> ComposeResult:
        yield Notes(id="caption")
        yield ResultTable()
        yield Notes(id="row-notes", classes="panel")

    def on_mount(self) -> None:
        self.query_one("#row-notes").border_title = "Notes"

    def open_export(self, group: str | None) -> None:
        """Ask for format and file of a group's table as soon as that is built."""
        self._export_when_built = True
        self.show_group(group)

    def show_group(self, group: str | None) -> None:
        """Another group's table; None: the newest's."""
        self._group = group
        if self.can_draw:
            self._build()

    def runs_changed(self) -> None:
        """A table depends on the states of the runs, not on each of their steps."""
        key = frozenset((state.run_id, state.phase.value, state.status.attempt) for state in self.runs)
        if key != self._built_from:
            self._built_from = key
            self._build()

    def _build(self) -> None:
        self.run_worker(self._build_table, thread=True, exclusive=True, group="table")

    def _build_table(self) -> None:
        """In a thread: every run's records are read."""
        worker = get_current_worker()
        groups = tuple(group_tables(self.session.runs_dir))
        group = self._group if self._group in groups else None
        table = build_table(self.session.runs_dir, group)
        if not worker.is_cancelled:
            self.post_message(TableBuilt(groups, table))

    def on_table_built(self, message: TableBuilt) -> None:
        if not self.can_draw:
            return
        self._groups, self._table = message.groups, message.table
        panel = self.query_one(ResultTable)
        shown = plain_copy(message.table)
        panel.show_table(shown, colours_of(self.runs), has_signs=self.session.has_signs)
        place = (
            f" · table {self._groups.index(message.table.group) + 1} of {len(self._groups)}, [ and ] change"
            if (len(self._groups) > 1 and message.table.group in self._groups)
            else ""
        )
        panel.set_title(f"Results · {shown.group or 'nothing yet'}{place}")
        words = [(caption(replace(shown, code_note="")), ""), (shown.code_note, "warning")]
        self.query_one("#caption", Notes).show([each for each in words if each[0]] if shown.group else [])
        self.set_class(bool(shown.code_note), "-noted")
        self._show_notes()
        if self._export_when_built:
            self._export_when_built = False
            self.action_export()

    def _row_under_cursor(self) -> Row | None:
        key = self.query_one(ResultTable).cursor_key
        rows = self._table.rows if self._table else ()
        shown = map(plain_copy, rows)
        return next((row for row in shown if key == row.key), None)

    def _show_notes(self) -> None:
        row = self._row_under_cursor()
        panel = self.query_one("#row-notes", Notes)
        panel.set_title(f"Notes · {row.id} {row.label}" if row else "Notes")
        panel.show(row_notes(row) if row else [])

    def on_row_table_cursor_moved(self, message: RowTable.CursorMoved) -> None:
        message.stop()
        self._show_notes()

    def action_next_group(self, direction: int) -> None:
        if self._groups:
            shown = self._table.group if self._table else ""
            here = self._groups.index(shown) if shown in self._groups else 0
            self.show_group(self._groups[(here + direction) % len(self._groups)])

    def action_export(self) -> None:
        if self._table is None or not self._table.rows:
            self.notify("There is no table to export yet: press 1 and launch a plan.")
            return
        self.app.push_screen(ExportScreen(self._table))

    def action_copy(self) -> None:
        row = self._row_under_cursor()
        if row is not None:
            names = [spreadsheet_text(name) for name in (row.id, row.label)]
            parts = [*names, *(f"{value:.4f}" for value in (row.srcc, row.plcc) if value is not None)]
            self.app.copy_to_clipboard("\t".join(parts))
            self.notify(f"Copied {' '.join(parts)}", markup=False)


def row_notes(row: Row) -> list[tuple[str, str]]:
    """Everything about a row that has no column."""
    lines = [(row.notes, ""), (row.delta_note and f"† {row.delta_note}", "warning")]
    if row.status not in ("finished", "recorded"):
        lines.insert(0, (row.status, "strong"))
    if row.expected_low is not None and row.expected_high is not None:
        by = f", by protocol {row.expected_protocol}" if row.expected_protocol else ""
        lines.append((f"expected SRCC {row.expected_low:.3f} to {row.expected_high:.3f}{by}", "dim"))
    if row.protocol:
        seeds = f" · seed{'s' if len(row.seeds) > 1 else ''} {', '.join(map(str, row.seeds))}" if row.seeds else ""
        lines.append((f"protocol {row.protocol}{seeds}", "dim"))
    lines += [(run_id, "dim") for run_id in row.run_ids]
    return [(text, style) for text, style in lines if text]
