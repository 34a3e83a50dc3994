"""Lines of text that follow their end until the user scrolls up, and again once the user is back at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType

from iqa_tui.widgets.canvas import Canvas, Line
from iqa_tui.widgets.ink import ink_style
from iqa_tui.widgets.log_rows import LogPlace, StyledLine, spans

SHIFT_COLUMNS = 20
WHEEL_ROWS = 3
MOST_STYLES = 2000
"""Kept at once; a log may have a colour for every letter."""


class LogView(Canvas, can_focus=True):
    """Shows text as it is: nothing in it is markup."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_lines(-1)", "up", show=False),
        Binding("down,j", "scroll_lines(1)", "down", show=False),
        Binding("pageup", "scroll_pages(-1)", "page up", show=False),
        Binding("pagedown", "scroll_pages(1)", "page down", show=False),
        Binding("ctrl+u", "scroll_halves(-1)", "half a page up", show=False),
        Binding("ctrl+d", "scroll_halves(1)", "half a page down", show=False),
        Binding("home,g", "first", "first line", show=False),
        Binding("end,G", "follow", "last line, follow", show=False),
        Binding("left", "shift(-1)", "left", show=False),
        Binding("right", "shift(1)", "right", show=False),
        Binding("w", "wrap", "wrap"),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id, classes=classes)
        self._place = LogPlace()
        self._name = ""
        self._empty = ""
        self._shift = 0

    @property
    def is_following(self) -> bool:
        return self._place.is_following

    @property
    def lowest_line(self) -> str:
        """The text of the lowest line on screen; empty if there is none."""
        return self._place.lowest.text if self._place.lowest else ""

    def show(self, name: str, lines: Sequence[StyledLine], empty: str = "") -> None:
        """Show a log.

        Args:
            name: the log's; another than before is shown from its end.
            lines: those that are kept, the oldest first.
            empty: what to say if there is no line.
        """
        if name != self._name:
            self._name, self._shift = name, 0
            self._place.follow()
        self._empty = empty
        self._place.set_size(*self.size)
        self._place.set_lines(lines)
        self._show()

    def _show(self) -> None:
        self.set_title(f"Log · {self._name} · {self._where()}" if self._name else "Log")
        self.redraw()

    def _where(self) -> str:
        if self.is_following:
            return "following"
        return f"line {self._place.end:,} of {len(self._place.lines):,}"

    def draw(self, width: int, height: int) -> list[Line]:
        if not self._place.lines:
            return [[(self._empty, "dim")]]
        self._place.set_size(width, height)
        if len(self._named_styles) > MOST_STYLES:
            self._named_styles.clear()
        drawn = []
        for index, first, end in self._place.shown():
            begin = first + self._shift
            drawn.append(spans(self._place.lines[index], begin, min(end, begin + 2 * width)))
        return drawn

    def _named_style(self, name: str) -> Style:
        _, background = self.background_colors
        _, _, _, foreground = self.colors
        return ink_style(name, background, foreground) or super()._named_style(name)

    def action_scroll_lines(self, lines: int) -> None:
        self._place.set_size(*self.size)
        self._place.move(lines, is_end=True)
        self._show()

    def action_scroll_pages(self, pages: int) -> None:
        self.action_scroll_lines(pages * max(1, self.size.height - 1))

    def action_scroll_halves(self, halves: int) -> None:
        self.action_scroll_lines(halves * max(1, self.size.height // 2))

    def action_first(self) -> None:
        self.action_scroll_lines(-len(self._place.lines) * max(1, self.size.height))

    def action_follow(self) -> None:
        self._place.follow()
        self._show()

    def action_shift(self, steps: int) -> None:
        self._shift = max(0, self._shift + steps * SHIFT_COLUMNS)
        self.redraw()

    def action_wrap(self) -> None:
        """Long lines in several rows, or cut at the edge."""
        self._place.wraps, self._shift = not self._place.wraps, 0
        self.redraw()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_scroll_lines(-WHEEL_ROWS)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_scroll_lines(WHEEL_ROWS)

    def on_resize(self, event: events.Resize) -> None:
        self._place.set_size(*event.size)
        super().on_resize(event)
