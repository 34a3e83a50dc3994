"""The findings in sentences; longer than the panel, they scroll."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from iqa_tui.results.shown import Paragraph
from iqa_tui.widgets.canvas import Canvas, Line, wrapped

LEAST_TEXT_WIDTH = 20


class FindingsText(Canvas, can_focus=True):
    """Draws what `show` was given last."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_text(-1)", "up", show=False),
        Binding("down,j", "scroll_text(1)", "down", show=False),
        Binding("pageup,ctrl+u", "page_text(-1)", "page up", show=False),
        Binding("pagedown,ctrl+d", "page_text(1)", "page down", show=False),
        Binding("home,g", "scroll_text(-100000)", "first", show=False),
        Binding("end,G", "scroll_text(100000)", "last", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(id="findings", classes="panel")
        self._paragraphs: tuple[Paragraph, ...] = ()
        self._first = 0
        self.set_title("Findings")

    def show(self, paragraphs: Sequence[Paragraph]) -> None:
        """From the first line, if they are others than before."""
        if self._paragraphs != tuple(paragraphs):
            self._paragraphs = tuple(paragraphs)
            self._first = 0
        self.redraw()

    def set_progress(self, share: float | None) -> None:
        """How far the computation is, from 0 to 1; None: it is done."""
        self.set_title("Findings" if share is None else f"Findings · resampling the test images, {100 * share:.0f}%")

    def draw(self, width: int, height: int) -> list[Line]:
        lines = paragraph_lines(self._paragraphs, width)
        self._first = max(0, min(self._first, len(lines) - height))
        below = len(lines) - self._first - height
        self.set_subtitle(f"{below} more lines below" if below > 0 else "")
        return lines[self._first : self._first + height]

    def action_scroll_text(self, lines: int) -> None:
        self._first = max(0, self._first + lines)
        self.redraw()

    def action_page_text(self, pages: int) -> None:
        self.action_scroll_text(pages * max(1, self.size.height - 1))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_scroll_text(-3)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_scroll_text(3)


def paragraph_lines(paragraphs: Sequence[Paragraph], width: int) -> list[Line]:
    """All lines at this width; an empty paragraph is an empty line."""
    lines: list[Line] = []
    for paragraph in paragraphs:
        indent = paragraph.indent if width - paragraph.indent >= LEAST_TEXT_WIDTH else 0
        texts = wrapped(paragraph.text, width - indent) or [""]
        lines += [[(" " * indent + text, paragraph.style)] if text else [] for text in texts]
    return lines
