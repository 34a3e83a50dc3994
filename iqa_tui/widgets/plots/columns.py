"""The columns of a curve as arrays: finite, in the units of its axes, smoothed. They are kept until they change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from iqa_tui.widgets.plots.series import Along, Series
from iqa_tui.widgets.plots.smoothing import Floats, Smoothing

_versions = count(1)


@dataclass(slots=True)
class Columns:
    """One curve; all arrays have one length, at least 1, and are never written to again."""

    x: Floats
    """It never falls."""
    raw: Floats
    smooth: Floats
    star: int | None
    """Place of the chosen point."""
    version: int
    """Another one whenever anything changed."""


@dataclass(slots=True)
class _Kept:
    """What a curve's columns were made from, and what is needed to go on if points were added."""

    x: Along
    y: Sequence[float | None]
    factor: float
    star: float | None
    x_seen: Floats
    y_seen: Floats
    smoothing: Smoothing
    columns: Columns | None

    @property
    def whole(self) -> int:
        """Points that were all drawn, as none is left out; else 0."""
        return len(self.y_seen) if self.columns is not None and len(self.columns.x) == len(self.y_seen) else 0

    def is_asked_alike(self, series: Series, weight: float, factor: float) -> bool:
        """Apart from the columns."""
        mine, other = self.x, series.x
        return (
            (self.smoothing.weight, self.factor, self.star) == (weight, factor, series.star)
            and (mine.shift, mine.factor) == (other.shift, other.factor)
            and (mine.knots is None) == (other.knots is None)
            and all(one is another for one, another in zip(mine.knots or (), other.knots or (), strict=True))
        )


class ColumnStore:
    """The columns of the curves of one plot."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    def of(self, series: Series, weight: float, factor: float) -> Columns | None:
        """The columns, of which nothing is computed twice; None if no value is finite.

        Args:
            weight: of the smoothing, see `smooth`.
            factor: the values are taken times this.
        """
        kept = self._kept.get(series.key)
        if kept is not None and not kept.is_asked_alike(series, weight, factor):
            kept = None
        if kept is not None and kept.x.column is series.x.column and kept.y is series.y:
            return kept.columns
        x_seen, y_seen = _array(series.x.column), _array(series.y)
        if kept is not None and _is_one(x_seen, kept.x_seen) and _is_one(y_seen, kept.y_seen):
            return kept.columns
        goes_on = kept is not None and _begins_with(y_seen, kept.y_seen) and _begins_with(x_seen, kept.x_seen)
        smoothing = kept.smoothing if kept is not None and goes_on else Smoothing(weight)
        known = kept.whole if kept is not None and goes_on else 0
        columns = _columns(series, x_seen, y_seen * factor if factor != 1.0 else y_seen, smoothing, known)
        self._kept[series.key] = _Kept(series.x, series.y, factor, series.star, x_seen, y_seen, smoothing, columns)
        return columns

    def forget_all_but(self, keys: Iterable[str]) -> None:
        """Free what is no longer shown."""
        for key in self._kept.keys() - set(keys):
            del self._kept[key]


def _array(column: Sequence[float | None]) -> Floats:
    """No copy of what is an array of doubles."""
    return np.asarray(column, dtype=np.float64)


def _is_one(one: Floats, other: Floats) -> bool:
    return len(one) == len(other) and one.ctypes.data == other.ctypes.data


def _begins_with(longer: Floats, shorter: Floats) -> bool:
    """The longer is the shorter with points added. Columns that grow in place begin at one address."""
    if len(longer) < len(shorter):
        return False
    if longer.ctypes.data == shorter.ctypes.data:
        return True
    return bool(np.array_equal(longer[: len(shorter)], shorter, equal_nan=True))


def _columns(series: Series, x_column: Floats, y: Floats, smoothing: Smoothing, known: int) -> Columns | None:
    """Args:
    known: so many of the first points are finite and in order.
    """
    x = _along(series.x, x_column)
    finite = np.isfinite(y[known:]) & np.isfinite(x[known:])
    if not finite.all():
        kept = np.r_[np.ones(known, dtype=bool), finite]
        x, y, x_column = x[kept], y[kept], x_column[kept]
    if not len(y):
        return None
    begin = max(known, 1)
    if (x[begin:] < x[begin - 1 : -1]).any():
        x = np.maximum.accumulate(x)
    star = None
    if series.star is not None:
        places = np.flatnonzero(x_column == series.star)
        star = int(places[-1]) if len(places) else None
    return Columns(x, y, smoothing.of(y), star, next(_versions))


def _along(along: Along, column: Floats) -> Floats:
    x = column
    if along.knots is not None:
        x = np.interp(x, _array(along.knots[0]), _array(along.knots[1])) if len(along.knots[0]) else x * np.nan
    if along.shift:
        x = x - along.shift
    return x * along.factor if along.factor != 1.0 else x
