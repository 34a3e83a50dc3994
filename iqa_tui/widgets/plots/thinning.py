"""A curve of any number of points as one value, or one span of values, for each column of dots.

x is sorted, so the points of a column lie beside each other: the edges of the columns are looked up, and no point is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iqa_tui.widgets.plots.smoothing import Floats


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
    between = _line_between(x, y, bounds, columns)
    low, high = between, between.copy()
    found = _filled_columns(x, bounds, columns)
    if len(found.columns):
        inside = y[found.begin : found.end]
        low[found.columns] = np.minimum.reduceat(inside, found.starts)
        high[found.columns] = np.maximum.reduceat(inside, found.starts)
    return low, high


def column_means(x: Floats, y: Floats, bounds: tuple[float, float], columns: int) -> Floats:
    """As `column_extremes`, the mean of each column's points."""
    means = _line_between(x, y, bounds, columns)
    found = _filled_columns(x, bounds, columns)
    if len(found.columns):
        inside = y[found.begin : found.end]
        counts = np.diff(np.r_[found.starts, len(inside)])
        means[found.columns] = np.add.reduceat(inside, found.starts) / counts
    return means


@dataclass(frozen=True, slots=True)
class _Filled:
    """The columns that have points, and which points those are."""

    columns: np.ndarray[tuple[int], np.dtype[np.int64]]
    starts: np.ndarray[tuple[int], np.dtype[np.int64]]
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


def _rounded_as_points_are(
    x: Floats, starts: np.ndarray, among: tuple[int, int], left: float, scale: float
) -> np.ndarray:
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


def _line_between(x: Floats, y: Floats, bounds: tuple[float, float], columns: int) -> Floats:
    """The straight lines between the points, at the middle of each column; NaN beside the curve."""
    line = np.full(columns, np.nan)
    left, right = bounds
    scale = _scale(bounds, columns)
    if x[0] > right or x[-1] < left:
        return line
    first = min(columns - 1, int((max(float(x[0]), left) - left) * scale))
    last = min(columns - 1, int((min(float(x[-1]), right) - left) * scale))
    centres = left + (np.arange(first, last + 1) + 0.5) / scale if scale else np.full(1, left)
    line[first : last + 1] = np.interp(centres, x, y)
    return line
