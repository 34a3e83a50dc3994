"""Asks for a format and a file, and before a file is replaced; writes the table, and says where or why it could not."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from iqa_tui.results.export import FORMATS, ExportError, is_taken, suggested_name, write_table
from iqa_tui.results.table import Table
from iqa_tui.screens.confirm import Choice, ConfirmScreen
from iqa_tui.screens.working import is_working
from iqa_tui.widgets.row_table import RowTable
from iqa_tui.widgets.table_lines import Column, TableRow
from training.runfolder.text import plain

NAMES = {"csv": "CSV", "markdown": "Markdown", "latex": "LaTeX (booktabs)", "json": "JSON"}
COLUMNS = (Column("mark", "", 3), Column("name", "", 20, grows=True))


class ExportScreen(ModalScreen[None]):
    """Writes the table that it was made with; stays open if that fails."""

    CSS_PATH = "dialog.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "write", "write", show=False),
        Binding("escape", "close", "close"),
    ]

    def __init__(self, table: Table) -> None:
        super().__init__()
        self._table = table
        self._suggested = suggested_name(table, FORMATS[0])

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog") as dialog:
            dialog.border_title = Text(plain(f"Export {self._table.group or self._table.plan_name}"))
            yield RowTable(COLUMNS, id="format", header=False)
            yield Input(self._suggested, id="path", compact=True)
            yield Static("", id="problem", markup=False)
            with Horizontal(id="dialog-choices"):
                yield Button("Write", id="write", variant="primary", compact=True)
                yield Button("Cancel", id="cancel", compact=True)

    def on_mount(self) -> None:
        self._show_formats()
        self.query_one(RowTable).focus()

    @property
    def _format(self) -> str:
        return self.query_one(RowTable).cursor_key or FORMATS[0]

    def _show_formats(self) -> None:
        formats = self.query_one(RowTable)
        chosen = self._format
        formats.show(
            [TableRow(name, {"mark": "(•)" if name == chosen else "( )", "name": NAMES[name]}) for name in FORMATS]
        )

    def on_row_table_cursor_moved(self) -> None:
        """The name follows the format until the user types another one."""
        self._show_formats()
        field = self.query_one("#path", Input)
        if field.value == self._suggested:
            self._suggested = field.value = suggested_name(self._table, self._format)

    def on_input_submitted(self) -> None:
        self.action_write()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "write":
            self.action_write()
        else:
            self.dismiss()

    def action_write(self) -> None:
        if is_working(self, "write"):
            return
        name = self.query_one("#path", Input).value.strip()
        if not name:
            self._say("Name a file.")
            return
        self._start(self._format, Path(name), replacing=False)

    def _start(self, chosen: str, path: Path, *, replacing: bool) -> None:
        self._say("writing …")
        self.run_worker(lambda: self._write_table(chosen, path, replacing=replacing), thread=True, group="write")

    def _write_table(self, chosen: str, path: Path, *, replacing: bool) -> None:
        """In a thread: the folder may be far away."""
        app = self.app  # a screen that is gone knows of no app
        try:
            if not replacing and is_taken(path):
                app.call_from_thread(self._ask_to_replace, chosen, path)
                return
            written = write_table(self._table, chosen, path)
        except ExportError as error:
            app.call_from_thread(self._failed, str(error))
            return
        app.call_from_thread(self._written, written)

    def _ask_to_replace(self, chosen: str, path: Path) -> None:
        if not self.is_current:  # the user left: nothing is replaced
            return
        self._say("")
        question = ConfirmScreen(
            "Replace the file?",
            [f"{plain(str(path))} is there already."],
            (Choice("keep", "Keep it"), Choice("replace", "Replace it", "error")),
        )
        self.app.push_screen(
            question, lambda answer: self._start(chosen, path, replacing=True) if answer == "replace" else None
        )

    def _say(self, text: str) -> None:
        self.query_one("#problem", Static).update(text)

    def _failed(self, problem: str) -> None:
        if self.is_current:
            self._say(problem)
        else:
            self.app.notify(problem, title="Not exported", severity="error", markup=False, timeout=15)

    def _written(self, path: Path) -> None:
        self.app.notify(f"Wrote {path}", title="Exported", markup=False, timeout=10)
        if self.is_current:
            self.dismiss()

    def action_close(self) -> None:
        self.dismiss()
