"""Points in a plane: what people said of an image against what a network said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from iqa_tui.widgets.canvas import Canvas, Line, fit, in_the_middle

BRAILLE = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bit of each dot of a cell, by row and column."""
LABEL_WIDTH = 8


class Scatter(Canvas, can_focus=True):
    """Shows what `show` was given last."""

    def __init__(self, *, id: str, classes: str = "", ascii_mode: bool = False) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id, classes=classes)
        self._ascii_mode = ascii_mode
        self._points: tuple[tuple[float, float], ...] = ()
        self._names = ("", "")
        self._empty = ""
        self._point_style = ""

    def show(
        self, points: Sequence[tuple[float, float]], names: tuple[str, str], *, style: str = "", empty: str = ""
    ) -> None:
        """Args:
        points: x and y of each, finite.
        names: of the axes x and y.
        empty: what is said without a point.
        """
        self._points, self._names, self._point_style, self._empty = tuple(points), names, style, empty
        self.redraw()

    def draw(self, width: int, height: int) -> list[Line]:
        columns, rows = width - LABEL_WIDTH - 1, height - 1
        if not self._points or columns < 4 or rows < 1:
            return in_the_middle("" if self._points else self._empty, width, height)
        lowest, highest = _range(y for _, y in self._points)
        left, right = _range(x for x, _ in self._points)
        rows_of_points = cloud(self._points, (columns, rows), ascii_only=self._ascii_mode)
        labels = {0: f"{highest:.3g}", rows - 1: f"{lowest:.3g}"}
        if rows > 2:
            labels[rows // 2] = self._names[1]
        drawn: list[Line] = [
            [(fit(labels.get(row, ""), LABEL_WIDTH, "right") + "┤", "dim"), (text, self._point_style)]
            for row, text in enumerate(rows_of_points)
        ]
        first, last = f"{left:.3g}", f"{right:.3g}"
        middle = self._names[0] if columns >= len(first) + len(last) + len(self._names[0]) + 4 else ""
        inner = middle.center(columns - len(first) - len(last), "─") if middle else "─" * (columns - len(first + last))
        return [*drawn, [(" " * LABEL_WIDTH + "└" + first + inner + last, "dim")]]


def cloud(points: Sequence[tuple[float, float]], size: tuple[int, int], *, ascii_only: bool) -> list[str]:
    """The points as lines of text, a line a row.

    Args:
        points: at least one.
        size: columns and rows of cells.
    """
    columns, rows = size
    across, down = (1, 1) if ascii_only else (2, 4)
    left, right = _range(x for x, _ in points)
    lowest, highest = _range(y for _, y in points)
    bits = [[0] * columns for _ in range(rows)]
    for x, y in points:
        column = round((x - left) / (right - left) * (columns * across - 1))
        row = round((highest - y) / (highest - lowest) * (rows * down - 1))
        bits[row // down][column // across] |= BRAILLE[row % down][column % across]
    return ["".join(_sign(cell, ascii_only) for cell in line) for line in bits]


def _sign(bits: int, ascii_only: bool) -> str:
    if not bits:
        return " "
    return "*" if ascii_only else chr(0x2800 + bits)


def _range(values: Iterable[float]) -> tuple[float, float]:
    known = list(values)
    low, high = min(known), max(known)
    return (low, high) if high > low else (low - 0.5, high + 0.5)
