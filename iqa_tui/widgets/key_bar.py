"""One line of keys and what they do now, made from the bindings; a click on one presses it.

Where the line is too narrow, the last ones go; a binding's order in its class is its importance.
"""

from __future__ import annotations

from textual import events

from iqa_tui.widgets.canvas import Canvas, Line, line_width


class KeyBar(Canvas):
    """Dock it at the bottom of a screen."""

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _screen: self.redraw())
        self.call_after_refresh(self.redraw)

    def draw(self, width: int, height: int) -> list[Line]:  # noqa: ARG002  always one line
        line: Line = []
        for keys, description, _ in self._entries(width):
            line += [(f" {keys}", "accent strong"), (f" {description} ", "dim")]
        return [line]

    def _entries(self, width: int) -> list[tuple[str, str, str]]:
        """Shown keys, description and the key to press, for those that fit."""
        entries: list[tuple[str, str, str]] = []
        used = 0
        seen: set[str] = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if not binding.show or not active.enabled or binding.action in seen:
                continue
            seen.add(binding.action)
            entry = (self.app.get_key_display(binding), binding.description, binding.key)
            size = line_width([(f" {entry[0]} {entry[1]} ", "")])
            if used + size > width:
                break
            used += size
            entries.append(entry)
        return entries

    def on_click(self, event: events.Click) -> None:
        place = event.get_content_offset(self)
        left = 0
        for keys, description, key in self._entries(self.size.width):
            left += line_width([(f" {keys} {description} ", "")])
            if place is not None and place.x < left:
                self.app.simulate_key(key)
                return
