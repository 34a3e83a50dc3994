"""Asks which columns the table of runs has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button

from iqa_tui.monitor.fields import FIELDS
from iqa_tui.panels.run_columns import CHOOSABLE
from iqa_tui.widgets.row_table import RowTable
from iqa_tui.widgets.table_lines import Column, TableRow

BY_WIDTH: tuple[str, ...] = ()
"""As many as the terminal has room for."""
COLUMNS = (Column("mark", "", 3), Column("name", "", 10), Column("words", "", 20, grows=True))


class ColumnsScreen(ModalScreen[tuple[str, ...] | None]):
    """Returns the keys of the columns; () for those that there is room for; None if it was left."""

    CSS_PATH = "dialog.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick", "show or not"),
        Binding("enter", "done", "show them"),
        Binding("escape,q,C", "leave", "leave"),
    ]

    def __init__(self, chosen: Iterable[str]) -> None:
        super().__init__()
        self._chosen = set(chosen)

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog") as dialog:
            dialog.border_title = "Columns"
            dialog.border_subtitle = "space shows or hides one"
            yield RowTable(COLUMNS, id="columns", header=False)
            with Horizontal(id="dialog-choices"):
                yield Button("Show these", id="done", variant="primary", compact=True)
                yield Button("As many as fit", id="fitting", compact=True)
                yield Button("Leave", id="leave", compact=True)

    def on_mount(self) -> None:
        self._show()
        self.query_one(RowTable).focus()

    def _show(self) -> None:
        rows = [
            TableRow(
                column.key,
                {
                    "mark": "[x]" if column.key in self._chosen else "[ ]",
                    "name": column.title,
                    "words": ((_words_of(column.key, column.title), "dim"),),
                },
            )
            for column in CHOOSABLE
        ]
        self.query_one(RowTable).show(rows)

    def on_row_table_row_clicked(self) -> None:
        self.action_tick()

    def action_tick(self) -> None:
        key = self.query_one(RowTable).cursor_key
        if key is not None:
            self._chosen ^= {key}
            self._show()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "fitting":
            self.dismiss(BY_WIDTH)
        elif event.button.id == "done":
            self.action_done()
        else:
            self.dismiss(None)

    def action_done(self) -> None:
        self.dismiss(tuple(column.key for column in CHOOSABLE if column.key in self._chosen))

    def action_leave(self) -> None:
        self.dismiss(None)


def _words_of(key: str, title: str) -> str:
    """What stands in the column, if its title does not say it; how a filter asks for it is told elsewhere."""
    words = FIELDS[key].words.partition(";")[0]
    return "" if words == title else words
