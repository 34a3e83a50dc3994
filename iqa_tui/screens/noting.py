"""Asks for the tags and the note of a run."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label

from training.runfolder.schema import RunNotes

Answer = tuple[tuple[str, ...], str]
"""Tags and note."""


class NotesScreen(ModalScreen[Answer | None]):
    """Returns what shall be noted; None if it was left. Keys typed ahead reach the tags."""

    CSS_PATH = "dialog.tcss"
    AUTO_FOCUS = "#tags"

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave")]

    def __init__(self, name: str, notes: RunNotes) -> None:
        super().__init__()
        self._run_name = name
        self._notes = notes

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog") as dialog:
            dialog.border_title = Text(self._run_name)
            yield Label("Tags, separated by commas")
            yield Input(", ".join(self._notes.tags), id="tags", compact=True)
            yield Label("Note")
            yield Input(self._notes.note, id="note", compact=True)
            with Horizontal(id="dialog-choices"):
                yield Button("Keep", id="keep", variant="primary", compact=True)
                yield Button("Leave", id="leave", compact=True)

    def on_mount(self) -> None:
        self.query_one("#tags", Input).focus()

    def on_input_submitted(self) -> None:
        self._keep()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "keep":
            self._keep()
        else:
            self.dismiss(None)

    def _keep(self) -> None:
        tags = self.query_one("#tags", Input).value.split(",")
        self.dismiss((tuple(tags), self.query_one("#note", Input).value.strip()))

    def action_leave(self) -> None:
        self.dismiss(None)
