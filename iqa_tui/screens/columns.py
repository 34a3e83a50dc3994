"""Asks which columns a table has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button

from iqa_tui.widgets.row_table import RowTable
from iqa_tui.widgets.table_lines import Column, TableRow, with_label_width

BY_WIDTH: tuple[str, ...] = ()
"""As many as the terminal has room for."""
MOST_NAME_WIDTH = 18
COLUMNS = (Column("mark", "", 3), Column("name", "", 8), Column("words", "", 20, grows=True))


class ColumnsScreen(ModalScreen[tuple[str, ...] | None]):
    """Returns the keys of the columns; () for those that there is room for; None if it was left."""

    CSS_PATH = "dialog.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick", "show or not"),
        Binding("enter", "done", "show them"),
        Binding("escape,q,C", "leave", "leave"),
    ]

    def __init__(self, chosen: Iterable[str], choices: Sequence[tuple[str, str, str]]) -> None:
        """Args:
        choices: of each column its key, its title, and what it says.
        """
        super().__init__()
        self._chosen = set(chosen)
        self._choices = tuple(choices)

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog") as dialog:
            dialog.border_title = "Columns"
            dialog.border_subtitle = "space shows or hides one"
            titles = [title for _, title, _ in self._choices]
            columns = with_label_width(COLUMNS, "name", titles, MOST_NAME_WIDTH)
            yield RowTable(columns, id="columns", header=False)
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
                key,
                {
                    "mark": "[x]" if key in self._chosen else "[ ]",
                    "name": title,
                    "words": ((f" {_other_words(title, words)}", "dim"),),
                },
            )
            for key, title, words in self._choices
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
        self.dismiss(tuple(key for key, _, _ in self._choices if key in self._chosen))

    def action_leave(self) -> None:
        self.dismiss(None)


def _other_words(title: str, words: str) -> str:
    """Nothing if the title says it already."""
    return "" if words.casefold() == title.casefold() else words
