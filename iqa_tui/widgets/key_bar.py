"""One line of keys and what they do now, made from the bindings; a click on one presses it.

If the line is too narrow, the last keys of the screen are left out: bindings stand in the order of their importance.
"""

from __future__ import annotations

from collections.abc import Callable

from textual import events

from iqa_tui.widgets.canvas import Canvas, Line, line_width

WHILE_TYPING = (("enter", "done", "enter"), ("esc", "back", "escape"))


class KeyBar(Canvas):
    """Dock it at the bottom of a screen."""

    def __init__(self, hint: Callable[[str, str], str], *, first: str = "") -> None:
        """Args:
        hint: an action and its description to the words that stand here now; empty if its key would do nothing.
        first: the action whose key comes before all others.
        """
        super().__init__()
        self._hint = hint
        self._first = first

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _screen: self.redraw())
        self.call_after_refresh(self.redraw)

    def draw(self, width: int, height: int) -> list[Line]:  # noqa: ARG002  always one line
        line: Line = []
        for keys, description, _ in self._entries(width):
            line += [(f" {keys}", "accent strong"), (f" {description} ", "dim")]
        return [line]

    def _entries(self, width: int) -> list[tuple[str, str, str]]:
        """Shown keys, description and the key to press, for those that fit; the app's own always come last."""
        if self.screen.focused is not None and self.screen.focused.check_consume_key("a", "a"):
            return list(WHILE_TYPING)  # every letter goes into the field
        own: dict[str, tuple[str, str, str]] = {}
        of_app: dict[str, tuple[str, str, str]] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.show and active.enabled and (words := self._hint(binding.action, binding.description)):
                entry = (self.app.get_key_display(binding), words, binding.key)
                (of_app if active.node is self.app else own).setdefault(binding.action, entry)
        room = width - sum(map(_entry_width, of_app.values()))
        fitting = []
        for _, entry in sorted(own.items(), key=lambda item: item[0] != self._first):
            room -= _entry_width(entry)
            if room < 0:
                break
            fitting.append(entry)
        return [*fitting, *of_app.values()]

    def on_click(self, event: events.Click) -> None:
        place = event.get_content_offset(self)
        left = 0
        for keys, description, key in self._entries(self.size.width):
            left += _entry_width((keys, description, key))
            if place is not None and place.x < left:
                self.app.simulate_key(key)
                return


def _entry_width(entry: tuple[str, str, str]) -> int:
    keys, description, _ = entry
    return line_width([(f" {keys} {description} ", "")])
