"""A row above the key bar that says what happened. It takes its lines from the panels, and covers nothing."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events

from iqa_tui.widgets.canvas import Canvas, Line, continued, wrapped

MOST_LINES = 3
LOW = 20
"""A terminal with fewer lines has one for messages."""
STYLES = {"error": "bad", "warning": "warning", "information": "accent"}
"""Of Textual's kinds of messages."""
SAID = "-said"
"""The class of a row that has something to say."""


class MessageRow(Canvas):
    """Gone if there is nothing to say; a click takes it away."""

    def __init__(self) -> None:
        super().__init__()
        self._messages: tuple[tuple[str, str], ...] = ()
        self._height = 0

    def show(self, messages: Sequence[tuple[str, str]]) -> None:
        """Args:
        messages: each with its kind, the newest last: that one is shown, and how many there are before it.
        """
        self._messages = tuple(messages)
        self._fit()

    @property
    def lines(self) -> int:
        """That it takes now."""
        return self._height if self.has_class(SAID) else 0

    def _fit(self) -> None:
        lines = len(self._lines(self.screen.size.width)) if self._messages else 0
        if lines and self._height != lines:
            self._height = lines
            self.styles.height = lines
        if self.has_class(SAID) != bool(lines):
            self.set_class(bool(lines), SAID)
        self.redraw()

    def on_resize(self, _event: events.Resize) -> None:
        self.call_after_refresh(self._fit)

    def _lines(self, width: int) -> list[Line]:
        kind, text = self._messages[-1]
        before = len(self._messages) - 1
        words = " ".join(text.split()) + (f"  (and {before} before it)" if before else "")
        lines = wrapped(words, max(8, width - 2))
        most = MOST_LINES if self.screen.size.height >= LOW else 1
        if len(lines) > most:
            lines = [*lines[: most - 1], continued(lines[most - 1], width - 2)]
        return [[(f" {line}", STYLES.get(kind, ""))] for line in lines]

    def draw(self, width: int, height: int) -> list[Line]:
        return self._lines(width)[:height] if self._messages else []

    def on_click(self) -> None:
        self.app.clear_notifications()
