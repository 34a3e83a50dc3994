"""Lines that scroll if they are more than the place has."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from iqa_tui.widgets.canvas import Canvas, Line

WHEEL_LINES = 3


class Scrolled(Canvas, can_focus=True):
    """Draws the part of `all_lines` that is in sight; its lower border counts those below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_lines(-1)", "up", show=False),
        Binding("down,j", "scroll_lines(1)", "down", show=False),
        Binding("pageup,ctrl+u", "scroll_pages(-1)", "page up", show=False),
        Binding("pagedown,ctrl+d", "scroll_pages(1)", "page down", show=False),
        Binding("home,g", "scroll_lines(-100000)", "first", show=False),
        Binding("end,G", "scroll_lines(100000)", "last", show=False),
    ]

    def __init__(self, *, id: str) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id, classes="panel")
        self._first = 0
        """The line at the top."""

    @abstractmethod
    def all_lines(self, width: int) -> list[Line]:
        """Every line at this width."""

    def draw(self, width: int, height: int) -> list[Line]:
        lines = self.all_lines(width)
        self._first = max(0, min(self._first, len(lines) - height))
        below = len(lines) - self._first - height
        self.set_subtitle(f"{below} more lines below" if below > 0 else "")
        return lines[self._first : self._first + height]

    def action_scroll_lines(self, lines: int) -> None:
        self._first = max(0, self._first + lines)
        self.redraw()

    def action_scroll_pages(self, pages: int) -> None:
        self.action_scroll_lines(pages * max(1, self.size.height - 1))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_scroll_lines(-WHEEL_LINES)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_scroll_lines(WHEEL_LINES)
