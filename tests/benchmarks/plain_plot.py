"""A curve drawn plainly: all of it smoothed and thinned at every drawing, each point asked for its column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from iqa_tui.widgets.plots.braille import cell_codes, cell_lines, raster
from iqa_tui.widgets.plots.series import Dots
from iqa_tui.widgets.plots.smoothing import Floats, _decaying_sum


def plain_lines(x: Sequence[float], y: Sequence[float], weight: float, size: tuple[int, int]) -> list[str]:
    """The cells of one curve, without axes; `size` is columns and rows of cells."""
    columns, rows = size
    places, values = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    powers = weight ** np.arange(1, len(values) + 1, dtype=np.float64)
    smoothed = (1.0 - weight) * _decaying_sum(values, weight) / (1.0 - powers)
    low, high = _extremes(places, smoothed, columns * Dots.BRAILLE.columns)
    drawn = raster(low, high, (float(smoothed.min()), float(smoothed.max())), rows * Dots.BRAILLE.rows)
    return cell_lines(cell_codes(drawn.dots, Dots.BRAILLE))


def _extremes(x: Floats, y: Floats, columns: int) -> tuple[Floats, Floats]:
    scale = columns / (x[-1] - 0.0)
    places = np.clip((x * scale).astype(np.int64), 0, columns - 1)
    low, high = np.full(columns, np.nan), np.full(columns, np.nan)
    first, last = int(places[0]), int(places[-1])
    low[first : last + 1] = high[first : last + 1] = np.interp((np.arange(first, last + 1) + 0.5) / scale, x, y)
    starts = np.flatnonzero(np.r_[True, places[1:] != places[:-1]])
    low[places[starts]] = np.minimum.reduceat(y, starts)
    high[places[starts]] = np.maximum.reduceat(y, starts)
    return low, high
