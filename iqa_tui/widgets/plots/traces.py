"""The curves of a plot as they are drawn: each alone, or those of a group as their mean with a band around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iqa_tui.widgets.palette import series_sign
from iqa_tui.widgets.plots.columns import Columns, ColumnStore
from iqa_tui.widgets.plots.series import Plot, PlotLook, Series
from iqa_tui.widgets.plots.smoothing import Floats
from iqa_tui.widgets.plots.thinning import between, column_extremes, column_means

SPARSE = 4
"""A curve of fewer points than so many a column is taken to logarithms before it is thinned, not after."""
MOST_SPREAD_POINTS = 2000
"""Of a group whose values are marked: at so many places its mean is worked out."""

Flags = NDArray[np.bool_]
Span = tuple[Floats, Floats]
"""Lowest and highest value of each column; NaN beside the curve."""


@dataclass(frozen=True, slots=True)
class Thin:
    """A curve, a value or two for each column of dots; log10 of them on a logarithmic axis."""

    line: Span
    ghost: Span | None
    """The values as they were measured, behind the smoothed ones."""
    band: Span | None
    """The mean of a group, less and plus its standard deviation; −∞ if less is not above zero on a logarithmic axis."""
    points: tuple[Floats, Floats] | None
    """x and y of what is marked."""
    stars: tuple[Floats, Floats] | None


class Trace:
    """One curve, or the mean of a group of them."""

    def __init__(self, members: Sequence[tuple[Series, Columns]], name: str) -> None:
        self.members = tuple(members)
        self.name = name
        self.look = min(series.look for series, _ in members)
        self.keys = frozenset(series.key for series, _ in members)
        self.version = tuple(columns.version for _, columns in members)
        self.begin = min(float(columns.x[0]) for _, columns in members)
        self.end = max(float(columns.x[-1]) for _, columns in members)
        self.last = float(np.mean([columns.smooth[-1] for _, columns in members if columns.x[-1] >= self.end]))
        """The value at the end: of a mean that of the members that reach it, and it is drawn there."""

    @property
    def is_mean(self) -> bool:
        return len(self.members) > 1

    def value_at(self, place: float) -> tuple[float, float | None] | None:
        """The value at a place of x, and its standard deviation over a group; None beside the curve."""
        values = [
            float(between(np.array([place]), columns.x, columns.smooth)[0])
            for _, columns in self.members
            if columns.x[0] <= place <= columns.x[-1]
        ]
        if not values:
            return None
        return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else None

    def thin(self, bounds: tuple[float, float], columns: int, *, is_log: bool, has_points: bool) -> Thin:
        """Args:
        bounds: x of the left and of the right edge.
        columns: of dots.
        """
        if self.is_mean:
            return self._thin_mean(bounds, columns, is_log=is_log, has_points=has_points)
        ((_, own),) = self.members
        ghost = None
        if own.smooth is not own.raw:
            ghost = _span(own.x, own.raw, bounds, columns, is_log=is_log)
        points = stars = None
        if has_points:
            points = _points(own.x, own.smooth, bounds, is_log=is_log)
        if own.star is not None:
            stars = _points(own.x[[own.star]], own.smooth[[own.star]], bounds, is_log=is_log)
        return Thin(_span(own.x, own.smooth, bounds, columns, is_log=is_log), ghost, None, points, stars)

    def _thin_mean(self, bounds: tuple[float, float], columns: int, *, is_log: bool, has_points: bool) -> Thin:
        each = np.array([column_means(own.x, own.smooth, bounds, columns) for _, own in self.members])
        mean, deviation = _mean_and_deviation(each)
        line, low, high = mean, mean - deviation, mean + deviation
        if is_log:
            low = np.where(low <= 0, -np.inf, _log(low))
            line, high = _log(line), _log(high)
        points = None
        if has_points:
            places = np.unique(np.concatenate([own.x for _, own in self.members]))
            if len(places) <= MOST_SPREAD_POINTS:
                values, _ = _mean_and_deviation(
                    np.array([np.interp(places, own.x, own.smooth, np.nan, np.nan) for _, own in self.members])
                )
                points = _points(places, values, bounds, is_log=is_log)
        chosen = [(own.x[own.star], own.smooth[own.star]) for _, own in self.members if own.star is not None]
        stars = None
        if chosen:
            stars = _points(np.array([x for x, _ in chosen]), np.array([y for _, y in chosen]), bounds, is_log=is_log)
        return Thin((line, line), None, (low, high), points, stars)


def traces_of(plot: Plot, look: PlotLook, store: ColumnStore) -> list[Trace]:
    """The curves that have a value, in the order of the plot's series."""
    store.forget_all_but(series.key for series in plot.series)
    known = [
        (series, columns)
        for series in plot.series
        if (columns := store.of(series, plot.smoothing, plot.factor)) is not None
    ]
    if not look.is_banded:
        return [_trace([member], member[0].name, look) for member in known]
    groups: dict[str, list[tuple[Series, Columns]]] = {}
    for member in known:
        groups.setdefault(member[0].group or f"alone:{member[0].key}", []).append(member)
    return [
        _trace(members, members[0][0].group_name if members[0][0].group else members[0][0].name, look)
        for members in groups.values()
    ]


def _trace(members: Sequence[tuple[Series, Columns]], name: str, look: PlotLook) -> Trace:
    sign = series_sign(min(series.look for series, _ in members))
    return Trace(members, f"{sign} {name}" if look.has_signs else name)


def _mean_and_deviation(each: Floats) -> tuple[Floats, Floats]:
    """Over the first axis, of those that are no NaN; NaN and 0 if none is."""
    known = ~np.isnan(each)
    count = known.sum(axis=0)
    total = np.where(known, each, 0.0).sum(axis=0)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    squares = np.where(known, (each - mean) ** 2, 0.0).sum(axis=0)
    return mean, np.sqrt(squares / np.maximum(count - 1, 1))


def _log(values: Floats) -> Floats:
    """log10; NaN for what is not above zero."""
    return np.log10(values, out=np.full(len(values), np.nan), where=values > 0)


def _span(x: Floats, y: Floats, bounds: tuple[float, float], columns: int, *, is_log: bool) -> Span:
    if not is_log:
        return column_extremes(x, y, bounds, columns)
    if len(x) < SPARSE * columns:
        positive = y > 0
        if not positive.any():
            return np.full(columns, np.nan), np.full(columns, np.nan)
        low, high = column_extremes(x[positive], np.log10(y[positive]), bounds, columns)
        beside = _beside_left_out(x, positive, bounds, columns)
        low[beside] = high[beside] = np.nan
        return low, high
    low, high = column_extremes(x, y, bounds, columns)
    return _log(np.where(low > 0, low, high)), _log(high)


def _beside_left_out(x: Floats, positive: Flags, bounds: tuple[float, float], columns: int) -> Flags:
    """(columns,) which have no point of a logarithmic axis, and beside them a point that it leaves out: no line is
    drawn through that.
    """
    width = (bounds[1] - bounds[0]) / columns
    edges = bounds[0] + width * np.arange(columns + 1)
    after = np.clip(np.searchsorted(x, edges[:-1] + width / 2), 1, max(1, len(x) - 1))
    beside = ~(positive[after - 1] & positive[np.minimum(after, len(x) - 1)])
    counts = np.searchsorted(x[positive], edges, "left")
    counts[-1] = np.searchsorted(x[positive], bounds[1], "right")
    return np.asarray(beside & (np.diff(counts) == 0))


def _points(x: Floats, y: Floats, bounds: tuple[float, float], *, is_log: bool) -> tuple[Floats, Floats]:
    inside = (x >= bounds[0]) & (x <= bounds[1])
    x, y = x[inside], y[inside]
    return x, _log(y) if is_log else y
