"""What the palette offers (ctrl+p), each with its key: first what can be done with the run under the cursor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from textual.app import SystemCommand
from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.dom import DOMNode
from textual.screen import Screen

from iqa_tui.front.base import FrontApp
from iqa_tui.screens.room import Room

NOT_OFFERED = ("Quit", "Keys", "Maximize", "Minimize")
"""Textual's own commands that leave the app unasked, or do what ours do better."""
OF_A_RUN = ("_run", "mark", "pin", "hide", "archive", "notes")
"""Ends of actions that are about the run under the cursor."""
GOES = ("move", "scroll", "page", "shift", "next_panel", "first", "back", "leave_field", "command_palette", "close")
"""Beginnings of actions that only go somewhere: a palette is a detour to them."""


class Commands(Provider):
    """Textual's sorts by name; here what is about the run comes first."""

    async def discover(self) -> Hits:
        for name, words, act, discover in self.app.get_system_commands(self.screen):
            if discover:
                yield DiscoveryHit(name, act, help=words)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, words, act, _ in self.app.get_system_commands(self.screen):
            if (score := matcher.match(name)) > 0:
                yield Hit(score, matcher.highlight(name), act, help=words)


class PaletteApp(FrontApp):
    """Textual's commands and ours."""

    COMMANDS = {Commands}  # noqa: RUF012  as Textual has it

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Textual's own and ours, without those that leave the app unasked."""
        offered = dict(self._of_screen(screen))
        yield from (command for action, command in offered.items() if action.endswith(OF_A_RUN))
        if "launch" in self.rooms:
            yield SystemCommand("Launch", "Choose a plan and launch it (1)", lambda: self.action_room("launch"))
        yield SystemCommand("Monitor", "Watch the runs (2)", lambda: self.action_room("monitor"))
        yield SystemCommand("Results", "The table of results (3)", lambda: self.action_room("results"))
        yield from (command for action, command in offered.items() if not action.endswith(OF_A_RUN))
        if isinstance(screen, Room):
            yield from screen.commands()
        if "export" not in offered:
            words = "Write the table as CSV, Markdown, LaTeX or JSON"
            yield SystemCommand("Export", words, lambda: self.open_export(None))
        yield SystemCommand("Light or dark", "Change between the two themes", self.action_other_theme)
        yield SystemCommand("Leave", "Close the app; runs may go on (q)", self.action_leave)
        for command in super().get_system_commands(screen):
            if command.title not in NOT_OFFERED:
                yield command

    def _of_screen(self, screen: Screen[Any]) -> Iterator[tuple[str, SystemCommand]]:
        """Action and command of what the screen's keys do now."""
        from iqa_tui.front.peers import PEERS  # noqa: PLC0415  as above
        from iqa_tui.screens.all_bindings import all_bindings  # noqa: PLC0415  after the first paint

        keys: dict[str, list[str]] = {}
        found: dict[str, tuple[DOMNode, Binding]] = {}
        for node, binding in all_bindings(screen):
            action = binding.action.removeprefix("screen.")
            if action.startswith(GOES) or action.startswith("room(") or action == "leave":
                continue
            shown = binding.key_display or self.get_key_display(binding)
            several = keys.setdefault(action, [])
            several += [] if shown in several else [shown]
            found.setdefault(action, (node, binding))
        for action, (node, binding) in found.items():
            peers = PEERS.get(action)
            if title := self._title(screen, action, binding, peers.names if peers else ""):
                words = " ".join(keys[action]) + (f" · {peers.keys}" if peers else "")
                yield action, SystemCommand(title, words, self._doing(binding.action, node))

    def _title(self, screen: Screen[Any], action: str, binding: Binding, names: str) -> str:
        """`F3 SRCC: stop (cancel, terminate, kill)`; empty if its key would do nothing now."""
        hint, name = getattr(screen, "key_hint", None), getattr(screen, "name_under_cursor", None)
        words = hint(action, binding.description) if hint else binding.description
        if not words:
            return ""
        run = name() if action.endswith(OF_A_RUN) and name else ""
        title = f"{run}: {words}" if run else f"{words[0].upper()}{words[1:]}"
        return f"{title} ({names})" if names else title

    def _doing(self, action: str, node: DOMNode) -> Any:
        """What the palette calls when it has closed."""
        return lambda: self.call_later(self.run_action, action, node)

    def open_export(self, group: str | None) -> None:
        """Go to the results and ask how they shall be written."""
        raise NotImplementedError

    def action_other_theme(self) -> None:
        raise NotImplementedError

    def action_leave(self) -> None:
        raise NotImplementedError
