"""A picture in a terminal: two pixels a cell, one above the other; without colours, characters of more and less ink."""

from __future__ import annotations

from itertools import groupby

from rich.style import Style
from textual import events
from textual.message import Message

from iqa_tui.widgets.canvas import Canvas, Line, centred, in_the_middle, wrapped

UPPER_HALF = "▀"
INK = " .:-=+*#%@"
"""From none to much."""
PIXELS = "pixels-"


class Picture(Canvas, can_focus=True):
    """Draws what `show_pixels` or `say` was given last. Pixels are made for its size, so it tells when that changes."""

    class RoomChanged(Message):
        """There is another room for the picture."""

    def __init__(self, *, id: str, classes: str = "", is_grey: bool = False) -> None:  # noqa: A002  Textual's name
        """Args:
        is_grey: the terminal shows no colours.
        """
        super().__init__(id=id, classes=classes)
        self.is_grey = is_grey
        self._pixels: tuple[int, int, bytes] | None = None
        self._words = ""

    def show_pixels(self, width: int, height: int, values: bytes) -> None:
        """Args:
        width, height: in pixels; without colours a cell is one pixel, else two.
        values: red, green, blue of each, line by line; without colours one byte of lightness.
        """
        self._pixels = (width, height, values)
        self._named_styles.clear()  # every cell has its own
        self.redraw()

    def say(self, words: str) -> None:
        """Show words instead of a picture."""
        self._pixels, self._words = None, words
        self.redraw()

    def draw(self, width: int, height: int) -> list[Line]:
        if self._pixels is None:
            if len(wrapped(self._words, width)) > height:
                return [[(line, "dim")] for line in wrapped(self._words, width)]
            return in_the_middle(self._words, width, height)
        columns, rows, values = self._pixels
        lines = self._characters(columns, rows, values) if self.is_grey else half_blocks(columns, rows, values)
        margin = " " * len(centred("", max(0, width - columns)))
        return [*[[]] * max(0, (height - len(lines)) // 2), *([(margin, ""), *line] for line in lines)]

    def _characters(self, columns: int, rows: int, values: bytes) -> list[Line]:
        ink = INK if self.app.current_theme.dark else INK[::-1]
        return [[(characters(values[row * columns : (row + 1) * columns], ink), "")] for row in range(rows)]

    def _named_style(self, name: str) -> Style:
        if not name.startswith(PIXELS):
            return super()._named_style(name)
        upper, _, lower = name.removeprefix(PIXELS).partition("-")
        below = f"#{lower}" if lower else None
        return Style(color=f"#{upper}", bgcolor=below)

    def on_resize(self, _event: events.Resize) -> None:
        self.post_message(self.RoomChanged())


def half_blocks(columns: int, rows: int, values: bytes) -> list[Line]:
    """A line for two rows of pixels.

    Args:
        values: red, green, blue of each pixel.
    """
    lines: list[Line] = []
    stride = 3 * columns
    for top in range(0, rows, 2):
        upper = values[top * stride : (top + 1) * stride].hex()
        lower = values[(top + 1) * stride : (top + 2) * stride].hex()
        names = [f"{PIXELS}{upper[at : at + 6]}-{lower[at : at + 6]}" for at in range(0, 6 * columns, 6)]
        lines.append([(UPPER_HALF * len(list(same)), name) for name, same in groupby(names)])
    return lines


def characters(values: bytes, ink: str) -> str:
    """One character a pixel.

    Args:
        values: lightness of each.
        ink: characters from dark to light.
    """
    return "".join(ink[value * len(ink) // 256] for value in values)
