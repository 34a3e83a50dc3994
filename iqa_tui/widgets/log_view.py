"""Lines of text that follow their end until the user scrolls up, and again once the user is back at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from iqa_tui.widgets.canvas import Canvas, Line

SHIFT_COLUMNS = 20


class LogView(Canvas, can_focus=True):
    """Shows plain text as it is: nothing in it is markup."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_lines(-1)", "up", show=False),
        Binding("down,j", "scroll_lines(1)", "down", show=False),
        Binding("pageup", "scroll_pages(-1)", "page up", show=False),
        Binding("pagedown", "scroll_pages(1)", "page down", show=False),
        Binding("home", "scroll_lines(-1000000)", "first", show=False),
        Binding("end", "scroll_lines(1000000)", "follow", show=False),
        Binding("left", "shift(-1)", "left", show=False),
        Binding("right", "shift(1)", "right", show=False),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id, classes=classes)
        self._lines: tuple[str, ...] = ()
        self._first = 0
        self._name = ""
        self._empty = ""
        self._end: int | None = None
        """Number of the line after the lowest one shown; None: following."""
        self._shift = 0

    @property
    def is_following(self) -> bool:
        return self._end is None

    @property
    def lowest_line(self) -> str:
        """The text of the lowest line on screen; empty if there is none."""
        return self._lines[self._shown_end - 1] if self._lines else ""

    @property
    def _shown_end(self) -> int:
        """Index after the lowest line shown."""
        return len(self._lines) if self._end is None else self._end - self._first

    def show(self, name: str, lines: Sequence[str], first: int = 0, empty: str = "") -> None:
        """Show a log.

        Args:
            name: the log's; another than before is shown from its end.
            lines: those that are kept, the oldest first.
            first: number of the first of them, counted from the log's beginning.
            empty: what to say if there is no line.
        """
        if name != self._name:
            self._name, self._end, self._shift = name, None, 0
        self._lines, self._first, self._empty = tuple(lines), first, empty
        self._show_until(self._end)

    def _show_until(self, end: int | None) -> None:
        """Keep the numbered line at the bottom, as far as it is still there; at the end, follow."""
        after_last = self._first + len(self._lines)
        if end is not None:
            end = max(end, self._first + min(len(self._lines), max(1, self.size.height)))
        self._end = None if end is None or end >= after_last else end
        state = "following" if self._end is None else f"line {self._end} of {after_last}"
        self.set_title(f"Log · {self._name} · {state}" if self._name else "Log")
        self.redraw()

    def draw(self, width: int, height: int) -> list[Line]:
        if not self._lines:
            return [[(self._empty, "dim")]]
        end = self._shown_end
        return [[(text[self._shift : self._shift + 2 * width], "")] for text in self._lines[max(0, end - height) : end]]

    def action_scroll_lines(self, lines: int) -> None:
        self._show_until((self._first + len(self._lines) if self._end is None else self._end) + lines)

    def action_scroll_pages(self, pages: int) -> None:
        self.action_scroll_lines(pages * max(1, self.size.height - 1))

    def action_shift(self, steps: int) -> None:
        self._shift = max(0, self._shift + steps * SHIFT_COLUMNS)
        self.redraw()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_scroll_lines(-3)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_scroll_lines(3)
