"""What the events of a run are folded into: curves, evaluations, progress."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from dataclasses import dataclass

from iqa_tui.monitor.thinning import Doubles, Points, thinned

MOST_RAW_POINTS = 1 << 17
"""Newest points of a curve; of more, the older half is thinned. A screen shows some hundred."""
MOST_THINNED_POINTS = 1 << 17
"""Of all that are older; of more, every second stays."""
SPARE_POINTS = 8
"""Room for the first points of a curve that grows."""


class Curve:
    """One number of a run over its steps: points of (step, time, value), oldest first.

    Immutable for its readers. The columns behind it grow in place when a longer curve is made of it, so one more point
    costs no copy; a reader of the shorter curve sees its own points and no more. A column is never resized once it can
    be seen: a longer one is allocated. For any number of readers, and one thread that makes longer curves.
    """

    __slots__ = ("_columns", "_count", "_stride", "_thinned")

    def __init__(self, columns: _Columns | None = None, count: int = 0, thinned: int = 0, stride: int = 1) -> None:
        self._columns = columns or NO_COLUMNS
        self._count = count
        self._thinned = thinned
        """How many of the points, from the first on, stand for more than themselves."""
        self._stride = stride
        """How many points one of them stands for."""

    def __len__(self) -> int:
        return self._count

    def __repr__(self) -> str:
        return f"Curve({self._count} points)"

    def __eq__(self, other: object) -> bool:
        """True for the same points; a value that is not finite is like another."""
        if not isinstance(other, Curve):
            return NotImplemented
        if self._count != other._count or self._columns is other._columns:
            return self._count == other._count
        return all(mine.tobytes() == its.tobytes() for mine, its in zip(self.columns, other.columns, strict=True))

    __hash__ = None  # type: ignore[assignment]  # it is compared by its points

    @property
    def steps(self) -> memoryview:
        """Never falling, as doubles."""
        return self._seen(self._columns.steps)

    @property
    def times(self) -> memoryview:
        """Never falling: Unix seconds, and what the computer's clock was set back since the first event."""
        return self._seen(self._columns.times)

    @property
    def values(self) -> memoryview:
        """NaN for a value that was not finite. `numpy.frombuffer` takes a column without copying it."""
        return self._seen(self._columns.values)

    @property
    def columns(self) -> tuple[memoryview, memoryview, memoryview]:
        """Steps, times and values."""
        return self.steps, self.times, self.values

    @property
    def last(self) -> float | None:
        """The newest value; None before the first, and if it was not finite."""
        value = self._columns.values[self._count - 1] if self._count else math.nan
        return None if math.isnan(value) else value

    def extended(self, steps: Doubles, times: Doubles, values: Doubles) -> Curve:
        """The curve with more points after its last one; the three columns have one length.

        A curve of more than `MOST_RAW_POINTS` is thinned from its beginning on, the same whatever pieces it came in.
        """
        if len(steps) < self.room:
            return self.with_raw(steps, times, values)
        curve, begin = self, 0
        while len(steps) - begin >= curve.room:
            piece = slice(begin, begin + curve.room)
            begin = piece.stop
            curve = curve.with_raw(steps[piece], times[piece], values[piece]).with_older_half_thinned()
        return curve.with_raw(steps[begin:], times[begin:], values[begin:])

    @property
    def room(self) -> int:
        """After so many more points a part of it is thinned."""
        return MOST_RAW_POINTS - (self._count - self._thinned)

    def with_older_half_thinned(self) -> Curve:
        """A curve of at least `MOST_RAW_POINTS` newest points with half as many of them, and the others thinned."""
        end = self._thinned + MOST_RAW_POINTS // 2
        seen = self._columns
        steps, times, values = (column[: self._count] for column in (seen.steps, seen.times, seen.values))
        old: Points = steps[: self._thinned], times[: self._thinned], values[: self._thinned]
        block: Points = steps[self._thinned : end], times[self._thinned : end], values[self._thinned : end]
        for column, more in zip(old, thinned(block, 2 * self._stride), strict=True):
            column.extend(more)
        stride = self._stride
        while len(old[0]) > MOST_THINNED_POINTS:
            old, stride = thinned(old, 4), 2 * stride
        columns = _Columns(0)
        columns.steps, columns.times, columns.values = old[0] + steps[end:], old[1] + times[end:], old[2] + values[end:]
        columns.used = len(columns.steps)
        return Curve(columns, columns.used, len(old[0]), stride)

    def with_raw(self, steps: Doubles, times: Doubles, values: Doubles) -> Curve:
        """The curve with these points, and nothing thinned."""
        count = self._count + len(steps)
        columns = self._columns
        if columns.used != self._count or len(columns.steps) < count:
            columns = _Columns(count + count // 8 + SPARE_POINTS)
            for column, known in zip((columns.steps, columns.times, columns.values), self.columns, strict=True):
                memoryview(column)[: self._count] = known
        columns.steps[self._count : count] = steps
        columns.times[self._count : count] = times
        columns.values[self._count : count] = values
        columns.used = count
        return Curve(columns, count, self._thinned, self._stride)

    def before(self, step: float) -> Curve:
        """The points before this step."""
        count = bisect_left(self.steps, step)
        return Curve(self._columns, count, min(count, self._thinned), self._stride)

    def _seen(self, column: Doubles) -> memoryview:
        return memoryview(column).toreadonly()[: self._count]


class _Columns:
    """What several curves see the beginning of."""

    __slots__ = ("steps", "times", "used", "values")

    def __init__(self, capacity: int) -> None:
        zeros = bytes(8 * capacity)
        self.steps, self.times, self.values = array("d", zeros), array("d", zeros), array("d", zeros)
        self.used = 0
        """Points that some curve sees."""


NO_COLUMNS = _Columns(0)
NO_CURVE = Curve()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The metrics of one split after one epoch."""

    epoch: int
    step: int
    """The last step before it."""
    t: float
    """On the clock of `Curve.times`."""
    split: str
    metrics: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Progress:
    """A long task before or beside training: a data cache, loading weights, evaluation."""

    what: str
    done: int
    total: int
    """0 if it is not known."""


@dataclass(frozen=True, slots=True)
class Clock:
    """What the events tell of time: the computer's clock may be set back while a run goes on."""

    set_back: float = 0.0
    """Seconds by which it was set back between events, all jumps together."""
    attempt: int = 0
    """The newest attempt that wrote an event."""
    first_step: int = 0
    """The first step that this attempt reported; 0 before it."""
    set_back_before: float = 0.0
    """`set_back` when this attempt began."""
