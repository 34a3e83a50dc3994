"""From thinned curves to layers of signs: ghosts and bands below, lines, marks at what is cut, points and stars."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from iqa_tui.widgets.palette import SERIES, series_sign, series_style
from iqa_tui.widgets.plots.axes import Axis
from iqa_tui.widgets.plots.braille import Codes, DotField, cell_codes, filled, raster
from iqa_tui.widgets.plots.series import Dots
from iqa_tui.widgets.plots.sheet import Layer
from iqa_tui.widgets.plots.smoothing import Floats
from iqa_tui.widgets.plots.traces import Span, Thin

POINT, STAR, CUT_ABOVE, CUT_BELOW = "•", "★", "▲", "▼"
ASCII_GHOST = "."
LEAVES_OUT = ("log, above 0 only", "log > 0")
SIGN_CELLS = 7
"""From one sign of a curve to its next."""
DASHES = ((), (1, 1, 1, 1, 0, 0), (1, 1, 0, 0), (1, 1, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0))
"""Which columns of dots are drawn, again and again; () for all. The first seven looks have the first dash."""


@dataclass(frozen=True, slots=True)
class Field:
    """The cells of a plot between its axes, and what they stand for."""

    width: int
    height: int
    x: tuple[float, float]
    """At the left and at the right edge."""
    y: Axis
    dots: Dots
    is_log: bool = False
    """y is log10 of what it stands for."""
    has_signs: bool = False
    """Each curve has its sign on it."""
    leaves_out: bool = False
    """Some value is not above zero, so a logarithmic axis has no place for it."""

    @property
    def words(self) -> tuple[str, ...]:
        """How the axis y is, in the ways to say it from the longest to the shortest."""
        if not self.is_log:
            return ("",)
        return LEAVES_OUT if self.leaves_out else ("log",)

    @property
    def dot_rows(self) -> int:
        return self.height * self.dots.rows

    def y_of(self, value: float) -> float:
        """A value on the axis; below it if it has no logarithm."""
        if not self.is_log:
            return value
        return math.log10(value) if value > 0 else self.y.low

    def row_of(self, y: float) -> int:
        """The cell's row, 0 at the top; a value beyond the axis is at its edge."""
        down = (self.y.high - y) / (self.y.high - self.y.low)
        dot = round(min(1.0, max(0.0, down)) * (self.dot_rows - 1))
        return dot // self.dots.rows

    def column_of(self, x: float) -> int:
        left, right = self.x
        part = (x - left) / (right - left) if right > left else 0.0
        return min(self.width - 1, max(0, int(part * self.width)))


@dataclass(frozen=True, slots=True)
class CurveLayers:
    """One curve, in three heights: no ghost covers a line, and no line a point."""

    below: tuple[Layer, ...]
    line: tuple[Layer, ...]
    above: tuple[Layer, ...]


def curve_layers(thin: Thin, look: int, field: Field) -> CurveLayers:
    style = series_style(look)
    ghost = style.replace("series", "ghost")
    below = [_ghost(thin.band, ghost, field, is_filled=True)] if thin.band else []
    below += [_ghost(thin.ghost, ghost, field, is_filled=False)] if thin.ghost else []
    bounds = (field.y.low, field.y.high)
    drawn = raster(*thin.line, bounds, field.dot_rows)
    dots = drawn.dots
    if dash := DASHES[look // SERIES % len(DASHES)]:
        dots = dots & np.resize(np.array(dash, dtype=bool), dots.shape[1])
    sign = series_sign(look)
    line = [Layer(cell_codes(dots, field.dots, sign), style)]
    line += [Layer(cut, style) for cut in _cuts(drawn.above, drawn.below, field)]
    above = []
    if field.has_signs and field.dots is not Dots.ASCII:
        above.append(Layer(_signs(line[0].codes, look), style))
    if thin.points is not None and len(thin.points[0]) <= field.width:
        above.append(Layer(_marks(thin.points, sign if field.dots is Dots.ASCII else POINT, field), style))
    if thin.stars is not None:
        above.append(Layer(_marks(thin.stars, "#" if field.dots is Dots.ASCII else STAR, field), f"{style} strong"))
    return CurveLayers(tuple(below), tuple(line), tuple(above))


def _signs(codes: Codes, look: int) -> Codes:
    """The curve's sign on it at every so many cells, elsewhere than those of its neighbours."""
    signs = np.zeros_like(codes)
    for column in range(look % SIGN_CELLS, codes.shape[1], SIGN_CELLS):
        rows = np.flatnonzero(codes[:, column])
        if len(rows):
            signs[rows[len(rows) // 2], column] = ord(series_sign(look))
    return signs


def _ghost(span: Span, style: str, field: Field, *, is_filled: bool) -> Layer:
    bounds = (field.y.low, field.y.high)
    low, high = span
    if is_filled:  # a band may reach down without end
        dots: DotField = filled(np.maximum(low, bounds[0]), high, bounds, field.dot_rows)
    else:
        dots = raster(low, high, bounds, field.dot_rows).dots
    return Layer(cell_codes(dots, field.dots, ASCII_GHOST), style)


def _cuts(above: np.ndarray, below: np.ndarray, field: Field) -> Iterator[Codes]:
    """Marks in the first and the last row at the columns in which the curve goes on beyond."""
    for cut, row, sign in ((above, 0, CUT_ABOVE), (below, field.height - 1, CUT_BELOW)):
        if cut.any():
            codes = np.zeros((field.height, field.width), dtype=np.uint32)
            codes[row, cut.reshape(field.width, -1).any(axis=1)] = ord(sign)
            yield codes


def _marks(points: tuple[Floats, Floats], sign: str, field: Field) -> Codes:
    codes = np.zeros((field.height, field.width), dtype=np.uint32)
    for x, y in zip(*(each.tolist() for each in points), strict=True):
        if field.y.low <= y <= field.y.high:
            codes[field.row_of(y), field.column_of(x)] = ord(sign)
    return codes
