"""Points in a plane: what people said of an image against what a network said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from operator import itemgetter

from iqa_tui.widgets.canvas import Canvas, Line, fit, in_the_middle

Point = tuple[float, float]

BRAILLE = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bit of each dot of a cell, by row and column."""
LABEL_WIDTH = 8
LINE_STEPS = 12
"""Dots between two points of a line."""
MARK, ASCII_MARK = "●", "@"
LINE_STYLE, MARK_STYLE = "strong", "warning strong"


class Scatter(Canvas, can_focus=True):
    """Shows what `show` was given last."""

    def __init__(self, *, id: str, classes: str = "", ascii_mode: bool = False) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id, classes=classes)
        self._ascii_mode = ascii_mode
        self._points: tuple[Point, ...] = ()
        self._line: tuple[Point, ...] = ()
        self._marked: Point | None = None
        self._names = ("", "")
        self._empty = ""
        self._point_style = ""

    def show(
        self,
        points: Sequence[Point],
        names: tuple[str, str],
        *,
        style: str = "",
        empty: str = "",
        line: Sequence[Point] = (),
    ) -> None:
        """Args:
        points: x and y of each, finite.
        names: of the axes x and y.
        empty: what is said without a point.
        line: drawn through these places, over the points.
        """
        self._points, self._names, self._point_style, self._empty = tuple(points), names, style, empty
        self._line = tuple(line)
        self.redraw()

    def mark(self, point: Point | None) -> None:
        """Make one of the points stand out, and no other."""
        self._marked = point
        self.redraw()

    def draw(self, width: int, height: int) -> list[Line]:
        columns, rows = width - LABEL_WIDTH - 1, height - 1
        if not self._points or columns < 4 or rows < 1:
            return in_the_middle("" if self._points else self._empty, width, height)
        lowest, highest = _range(y for _, y in self._points)
        left, right = _range(x for x, _ in self._points)
        lines = self._cells((columns, rows))
        labels = {0: f"{highest:.3g}", rows - 1: f"{lowest:.3g}"}
        if rows > 2:
            labels[rows // 2] = self._names[1]
        drawn: list[Line] = [
            [(fit(labels.get(row, ""), LABEL_WIDTH, "right") + "┤", "dim"), *spans] for row, spans in enumerate(lines)
        ]
        first, last = f"{left:.3g}", f"{right:.3g}"
        middle = self._names[0] if columns >= len(first) + len(last) + len(self._names[0]) + 4 else ""
        inner = middle.center(columns - len(first) - len(last), "─") if middle else "─" * (columns - len(first + last))
        return [*drawn, [(" " * LABEL_WIDTH + "└" + first + inner + last, "dim")]]

    def _cells(self, size: tuple[int, int]) -> list[Line]:
        """The line hides the points below it, the mark hides both."""
        ends = (_range(x for x, _ in self._points), _range(y for _, y in self._points))
        below = cloud(self._points, size, ascii_only=self._ascii_mode)
        over = cloud(joined(self._line), size, ends, ascii_only=self._ascii_mode) if self._line else [""] * size[1]
        mark = _dot(self._marked, ends, size) if self._marked else None
        sign = ASCII_MARK if self._ascii_mode else MARK
        lines: list[Line] = []
        for row, (text, line) in enumerate(zip(below, over, strict=True)):
            cells = [(own, self._point_style) for own in text]
            for column, own in enumerate(line):
                if own != " ":
                    cells[column] = ("#" if self._ascii_mode else own, LINE_STYLE)
            if mark is not None and mark[1] == row:
                cells[mark[0]] = (sign, MARK_STYLE)
            lines.append([("".join(own for own, _ in same), style) for style, same in groupby(cells, itemgetter(1))])
        return lines


def cloud(
    points: Sequence[Point], size: tuple[int, int], ends: tuple[Point, Point] | None = None, *, ascii_only: bool
) -> list[str]:
    """The points as lines of text, a line a row.

    Args:
        points: at least one; those beyond the ends are left out.
        size: columns and rows of cells.
        ends: lowest and highest x, lowest and highest y; None: those of the points.
    """
    columns, rows = size
    across, down = (1, 1) if ascii_only else (2, 4)
    ends = ends or (_range(x for x, _ in points), _range(y for _, y in points))
    bits = [[0] * columns for _ in range(rows)]
    for point in points:
        column, row = _dot(point, ends, (columns * across, rows * down))
        if 0 <= column < columns * across and 0 <= row < rows * down:
            bits[row // down][column // across] |= BRAILLE[row % down][column % across]
    return ["".join(_sign(cell, ascii_only) for cell in line) for line in bits]


def joined(points: Sequence[Point]) -> list[Point]:
    """The points with others between them, so close that they look like a line."""
    dots = [points[0]]
    for (x, y), (next_x, next_y) in pairwise(points):
        shares = [step / LINE_STEPS for step in range(1, LINE_STEPS + 1)]
        dots += [(x + share * (next_x - x), y + share * (next_y - y)) for share in shares]
    return dots


def _dot(point: Point, ends: tuple[Point, Point], dots: tuple[int, int]) -> tuple[int, int]:
    """Column and row of the point, from the upper left, among so many dots."""
    (left, right), (lowest, highest) = ends
    column = round((point[0] - left) / (right - left) * (dots[0] - 1))
    return column, round((highest - point[1]) / (highest - lowest) * (dots[1] - 1))


def _sign(bits: int, ascii_only: bool) -> str:
    if not bits:
        return " "
    return "*" if ascii_only else chr(0x2800 + bits)


def _range(values: Iterable[float]) -> tuple[float, float]:
    known = list(values)
    low, high = min(known), max(known)
    return (low, high) if high > low else (low - 0.5, high + 0.5)
