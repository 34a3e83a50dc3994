"""A curve of any number of points as one value, or one span of values, for each column of dots.

x is sorted, so the points of a column lie beside each other: the edges of the columns are looked up, and no point is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iqa_tui.widgets.plots.smoothing import Floats

Places = NDArray[np.int64]


def column_extremes(x: Floats, y: Floats, bounds: tuple[float, float], columns: int) -> tuple[Floats, Floats]:
    """Lowest and highest y in each column; NaN left of the first and right of the last point.

    A column without a point between two that have one gets the straight line between the points. Points outside the
    bounds are in no column.

    Args:
        x: (N,) not falling, N ≥ 1.
        y: (N,) finite.
        bounds: x of the first column's left and the last column's right edge.

    Returns:
        (columns,) low and (columns,) high.
    """
    found = _filled_columns(x, bounds, columns)
    low = _line_between(x, y, bounds, columns, found.columns)
    high = low.copy()
    if len(found.columns):
        inside = y[found.begin : found.end]
        low[found.columns] = np.minimum.reduceat(inside, found.starts)
        high[found.columns] = np.maximum.reduceat(inside, found.starts)
    return low, high


def column_means(x: Floats, y: Floats, bounds: tuple[float, float], columns: int) -> Floats:
    """As `column_extremes`, the mean of each column's points."""
    found = _filled_columns(x, bounds, columns)
    means = _line_between(x, y, bounds, columns, found.columns)
    if len(found.columns):
        inside = y[found.begin : found.end]
        counts = np.diff(np.r_[found.starts, len(inside)])
        means[found.columns] = np.add.reduceat(inside, found.starts) / counts
    return means


@dataclass(frozen=True, slots=True)
class _Filled:
    """The columns that have points, and which points those are."""

    columns: Places
    starts: Places
    """The first point of each, counted from `begin`."""
    begin: int
    end: int


def _scale(bounds: tuple[float, float], columns: int) -> float:
    left, right = bounds
    return columns / (right - left) if right > left else 0.0


def _filled_columns(x: Floats, bounds: tuple[float, float], columns: int) -> _Filled:
    left, right = bounds
    begin, end = int(np.searchsorted(x, left, "left")), int(np.searchsorted(x, right, "right"))
    scale = _scale(bounds, columns)
    inner = np.arange(1, columns)
    starts = begin + np.searchsorted(x[begin:end], left + inner / scale, "left") if scale else np.full(columns - 1, end)
    starts = _rounded_as_points_are(x, starts, (begin, end), left, scale)
    edges = np.r_[begin, starts, end]
    filled = np.flatnonzero(edges[1:] > edges[:-1])
    return _Filled(filled, edges[filled] - begin, begin, end)


def _rounded_as_points_are(x: Floats, starts: Places, among: tuple[int, int], left: float, scale: float) -> Places:
    """A point on an edge is in the column that its own place, rounded, says: the edge is rounded otherwise."""
    begin, end = among
    wanted = np.arange(1, len(starts) + 1)
    while True:
        here = np.minimum(starts, end - 1)
        before = np.maximum(starts - 1, begin)
        too_low = (starts < end) & (((x[here] - left) * scale).astype(np.int64) < wanted) if end > begin else None
        if too_low is None:
            return starts
        too_high = (starts > begin) & (((x[before] - left) * scale).astype(np.int64) >= wanted)
        if not (too_low.any() or too_high.any()):
            return starts
        starts = starts + too_low - too_high


def _line_between(x: Floats, y: Floats, bounds: tuple[float, float], columns: int, filled: Places) -> Floats:
    """The straight lines between the points, in the middle of each column that has no point; NaN beside the curve."""
    line = np.full(columns, np.nan)
    left, right = bounds
    scale = _scale(bounds, columns)
    if x[0] > right or x[-1] < left:
        return line
    first = min(columns - 1, int((max(float(x[0]), left) - left) * scale))
    last = min(columns - 1, int((min(float(x[-1]), right) - left) * scale))
    empty = np.setdiff1d(np.arange(first, last + 1), filled, assume_unique=True)
    if len(empty):
        middles = left + (empty + 0.5) / scale if scale else np.full(len(empty), left)
        line[empty] = between(np.asarray(middles, dtype=np.float64), x, y)
    return line


def between(places: Floats, x: Floats, y: Floats) -> Floats:
    """As `numpy.interp`, which looks at every point: the points beside each place are looked up."""
    after = np.clip(np.searchsorted(x, places, "right"), 1, max(1, len(x) - 1))
    if len(x) == 1:
        return np.full(len(places), y[0])
    width = x[after] - x[after - 1]
    slope = np.divide(y[after] - y[after - 1], width, out=np.zeros(len(places)), where=width > 0)
    inside = np.clip(places, x[0], x[-1])
    return np.asarray(slope * (inside - x[after - 1]) + y[after - 1])
