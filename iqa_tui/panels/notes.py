"""Lines of words about what is under the cursor, wrapped to the width."""

from __future__ import annotations

from collections.abc import Sequence

from iqa_tui.widgets.canvas import Canvas, Line, continued, wrapped


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

    def lines_wanted(self, width: int) -> int:
        """Lines that everything takes at this width."""
        return len(wrapped_words(self._texts, width))

    def draw(self, width: int, height: int) -> list[Line]:
        lines = wrapped_words(self._texts, width)
        if len(lines) > height > 0:
            (text, style), *_ = lines[height - 1]
            lines[height - 1] = [(continued(text, width), style)]
        return lines[:height]


def wrapped_words(texts: Sequence[tuple[str, str]], width: int) -> list[Line]:
    """The lines that paragraphs take at this width, each with its style."""
    return [[(line, style)] for text, style in texts for line in wrapped(text, width)]
