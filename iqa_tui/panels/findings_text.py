"""The findings in sentences; longer than the panel, they scroll."""

from __future__ import annotations

from collections.abc import Sequence

from iqa_tui.results.shown import Paragraph
from iqa_tui.widgets.canvas import Line, fit, wrapped
from iqa_tui.widgets.scrolled import Scrolled

LEAST_TEXT_WIDTH = 20


class FindingsText(Scrolled):
    """Draws what `show` was given last."""

    def __init__(self) -> None:
        super().__init__(id="findings")
        self._paragraphs: tuple[Paragraph, ...] = ()
        self.set_title("Findings")

    def show(self, paragraphs: Sequence[Paragraph]) -> None:
        """From the first line, if they are others than before."""
        if self._paragraphs != tuple(paragraphs):
            self._paragraphs = tuple(paragraphs)
            self._first = 0
        self.redraw()

    def show_progress(self, share: float | None) -> None:
        """How far the computation is, from 0 to 1; None: it is done."""
        self.set_title("Findings" if share is None else f"Findings · resampling the test images, {100 * share:.0f}%")

    def all_lines(self, width: int) -> list[Line]:
        return paragraph_lines(self._paragraphs, width)


def paragraph_lines(paragraphs: Sequence[Paragraph], width: int) -> list[Line]:
    """All lines at this width; an empty paragraph is an empty line."""
    lines: list[Line] = []
    for paragraph in paragraphs:
        indent = paragraph.indent if width - paragraph.indent >= LEAST_TEXT_WIDTH else 0
        is_line = paragraph.has_columns
        texts = [fit(paragraph.text, width - indent)] if is_line else wrapped(paragraph.text, width - indent) or [""]
        lines += [[(" " * indent + text, paragraph.style)] if text else [] for text in texts]
    return lines
