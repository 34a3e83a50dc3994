"""Lines of words about what is under the cursor, wrapped to the width."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from iqa_tui.widgets.canvas import Canvas, Line


class Notes(Canvas):
    """Draws what `show` was given last."""

    def __init__(self, *, id: str, classes: str = "") -> None:  # noqa: A002  Textual's name
        super().__init__(id=id, classes=classes)
        self._texts: tuple[tuple[str, str], ...] = ()

    def show(self, texts: Sequence[tuple[str, str]]) -> None:
        """Args:
        texts: paragraphs, each with its style.
        """
        self._texts = tuple(texts)
        self.redraw()

    def draw(self, width: int, height: int) -> list[Line]:
        lines = [[(line, style)] for text, style in self._texts for line in textwrap.wrap(text, max(10, width))]
        return lines[:height]
