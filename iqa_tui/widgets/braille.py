"""Curves as braille dots: two columns and four rows of dots to a cell, the minimum and maximum of every column.

So no spike is lost however many points there are, and a million of them cost some milliseconds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Dots = NDArray[np.bool_]

DOT_COLUMNS, DOT_ROWS = 2, 4
BLOCK = 64
"""Points that `smooth` takes at once; the carry from block to block is smoothed by the same rule."""


def smooth(values: Floats, weight: float) -> Floats:
    """Exponential moving average, each value weighed against those before it, without a bias to zero at the start.

    Args:
        values: (N,) finite.
        weight: of what came before, 0 (nothing is smoothed) to below 1.
    """
    if weight <= 0.0 or len(values) < 2:
        return values
    total = (1.0 - weight) * _decaying_sum(values, weight)
    return np.asarray(total / (1.0 - weight ** np.arange(1, len(values) + 1, dtype=np.float64)))


def _decaying_sum(values: Floats, weight: float) -> Floats:
    """s[i] = values[i] + weight · s[i − 1], in blocks: a product within, the same sum over the blocks' ends."""
    count = len(values)
    size = min(BLOCK, count)
    blocks = np.zeros((-(-count // size)) * size).reshape(-1, size)
    blocks.reshape(-1)[:count] = values
    powers = weight ** np.arange(size, dtype=np.float64)
    age = np.arange(size)[:, None] - np.arange(size)
    lower = np.where(age >= 0, powers[np.abs(age)], 0.0)
    sums = blocks @ lower.T
    if len(blocks) > 1:
        carried = _decaying_sum(sums[:, -1], weight**size)
        sums[1:] += carried[:-1, None] * (weight * powers)
    return np.asarray(sums.reshape(-1)[:count])


def column_extremes(x: Floats, y: Floats, bounds: tuple[float, float], columns: int) -> tuple[Floats, Floats]:
    """Lowest and highest y in each column; NaN left of the first and right of the last point.

    A column without a point between two that have one gets the straight line between the points.

    Args:
        x: (N,) not falling, N ≥ 1.
        y: (N,) finite.
        bounds: x of the first column's left and the last column's right edge.

    Returns:
        (columns,) low and (columns,) high.
    """
    left, right = bounds
    scale = columns / (right - left) if right > left else 0.0
    places = np.clip(((x - left) * scale).astype(np.int64), 0, columns - 1)
    low, high = np.full(columns, np.nan), np.full(columns, np.nan)
    first, last = int(places[0]), int(places[-1])
    centres = left + (np.arange(first, last + 1) + 0.5) / scale if scale else np.full(1, left)
    low[first : last + 1] = high[first : last + 1] = np.interp(centres, x, y)
    starts = np.flatnonzero(np.r_[True, places[1:] != places[:-1]])
    low[places[starts]] = np.minimum.reduceat(y, starts)
    high[places[starts]] = np.maximum.reduceat(y, starts)
    return low, high


def raster(low: Floats, high: Floats, bounds: tuple[float, float], rows: int) -> Dots:
    """Dots of one curve: (rows, columns), row 0 at the top. Columns beside each other always touch.

    Args:
        low, high: (columns,) as `column_extremes` gives them.
        bounds: y at the bottom and at the top.
    """
    bottom, top = bounds
    scale = (rows - 1) / (top - bottom) if top > bottom else 0.0
    drawn = ~np.isnan(low)
    lowest = np.where(drawn, np.clip(np.rint((np.nan_to_num(low) - bottom) * scale), 0, rows - 1), 0).astype(np.int64)
    highest = np.where(drawn, np.clip(np.rint((np.nan_to_num(high) - bottom) * scale), 0, rows - 1), 0).astype(np.int64)
    both = drawn[:-1] & drawn[1:]
    down_to, up_to = lowest.copy(), highest.copy()
    down_to[1:] = np.where(both, np.minimum(lowest[1:], highest[:-1] + 1), lowest[1:])
    up_to[1:] = np.where(both, np.maximum(highest[1:], lowest[:-1] - 1), highest[1:])
    height = np.arange(rows)[::-1, None]
    return np.asarray((height >= down_to) & (height <= up_to) & drawn)


def braille_cells(dots: Dots) -> list[str]:
    """(rows, columns) dots, both multiples of a cell's, as lines of text; a cell without a dot is a blank."""
    bits = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
    rows, columns = dots.shape
    cells = dots.reshape(rows // DOT_ROWS, DOT_ROWS, columns // DOT_COLUMNS, DOT_COLUMNS)
    codes = (cells * bits[None, :, None, :]).sum(axis=(1, 3))
    return ["".join(chr(0x2800 + code) if code else " " for code in line) for line in codes.tolist()]
