"""What the palette offers (ctrl+p)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual.app import SystemCommand
from textual.screen import Screen

from iqa_tui.front.base import FrontApp
from iqa_tui.screens.room import Room

NOT_OFFERED = ("Quit", "Keys", "Maximize", "Minimize")
"""Textual's own commands that leave the app unasked, or do what ours do better."""


class PaletteApp(FrontApp):
    """Textual's commands and ours."""

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Textual's own and ours, without those that leave the app unasked."""
        if "launch" in self.rooms:
            yield SystemCommand("Launch", "Choose a plan and launch it (1)", lambda: self.action_room("launch"))
        yield SystemCommand("Monitor", "Watch the runs (2)", lambda: self.action_room("monitor"))
        yield SystemCommand("Results", "The table of results (3)", lambda: self.action_room("results"))
        yield SystemCommand("Export", "Write the table as CSV, Markdown, LaTeX or JSON", lambda: self.open_export(None))
        if isinstance(screen, Room):
            yield from screen.commands()
        yield SystemCommand("Light or dark", "Change between the two themes", self.action_other_theme)
        yield SystemCommand("Leave", "Close the app; runs may go on (q)", self.action_leave)
        for command in super().get_system_commands(screen):
            if command.title not in NOT_OFFERED:
                yield command

    def open_export(self, group: str | None) -> None:
        """Go to the results and ask how they shall be written."""
        raise NotImplementedError

    def action_other_theme(self) -> None:
        raise NotImplementedError

    def action_leave(self) -> None:
        raise NotImplementedError
