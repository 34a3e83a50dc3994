"""The axis y of a plot: logarithmic or not, over which values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from iqa_tui.widgets.plots.series import Plot, Scale
from iqa_tui.widgets.plots.smoothing import Floats
from iqa_tui.widgets.plots.traces import Thin

LOG_FROM = 1.0
"""Powers of ten between the lowest and the highest value from which on an axis is logarithmic by itself."""
CUT_PERCENT = 2.0
"""Of the columns, on either side, a robust axis may cut so many."""
ROOM = 0.15
"""What a robust axis shows beyond the values that it is made for, as a part of their range."""
BAND_POWERS = 1.0
"""Powers of ten by which a band makes a logarithmic axis longer below the lowest curve. The mean less its deviation may
be as near to zero as it likes, and curves would be flat at the top.
"""
WORTH_CUTTING = 1.8
"""The whole range is so many times the robust one, or nothing is cut."""


def is_logarithmic(plot: Plot, thins: Sequence[Thin]) -> bool:
    """Args:
    thins: the curves on a linear axis.
    """
    if not plot.may_be_log or plot.scale not in (Scale.AUTO, Scale.LOG):
        return False
    if plot.scale is Scale.LOG:
        return True
    values = _finite([each for thin in thins for each in thin.line])
    return bool(len(values) and values.min() > 0 and np.log10(values.max() / values.min()) >= LOG_FROM)


def leaves_out(thins: Sequence[Thin]) -> bool:
    """Whether a logarithmic axis would leave a value out: it has no place for 0 and below.

    Args:
        thins: the curves on a linear axis.
    """
    parts = [each for thin in thins for span in (thin.line, thin.ghost) if span is not None for each in span]
    parts += [points[1] for thin in thins for points in (thin.points, thin.stars) if points is not None]
    values = _finite(parts)
    return bool(len(values) and values.min() <= 0)


def y_range(plot: Plot, thins: Sequence[Thin], *, is_log: bool = False) -> tuple[float, float] | None:
    """Lowest and highest value of the axis; None if there is nothing to draw.

    Args:
        thins: the curves on the axis as it shall be.
    """
    values = _values(thins, BAND_POWERS if is_log else np.inf)
    if not len(values):
        return None
    low, high = float(values.min()), float(values.max())
    if plot.scale not in (Scale.AUTO, Scale.ROBUST):
        return low, high
    first, last = (float(end) for end in np.percentile(values, (CUT_PERCENT, 100.0 - CUT_PERCENT)))
    first, last = max(low, first - ROOM * (last - first)), min(high, last + ROOM * (last - first))
    return (first, last) if last > first and high - low >= WORTH_CUTTING * (last - first) else (low, high)


def _values(thins: Sequence[Thin], band_below: float) -> Floats:
    """Args:
    band_below: of a band, only what lies less than so far below the lowest curve makes the axis longer.
    """
    lines = _finite([each for thin in thins for each in thin.line])
    lowest = lines.min() - band_below if len(lines) else -np.inf
    bands = _finite([each for thin in thins if thin.band is not None for each in thin.band])
    parts = [lines, bands[bands >= lowest]]
    parts += [points[1] for thin in thins for points in (thin.points, thin.stars) if points is not None]
    return _finite(parts)


def _finite(parts: Sequence[Floats]) -> Floats:
    values = np.concatenate(parts) if parts else np.empty(0)
    return np.asarray(values[np.isfinite(values)])
