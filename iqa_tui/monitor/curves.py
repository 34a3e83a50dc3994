"""What the events of a run are folded into: curves, evaluations, progress."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from dataclasses import dataclass
from typing import TypeAlias

Doubles: TypeAlias = "array[float]"
"""Of type d."""

SPARE_POINTS = 8
"""Room for the first points of a curve that grows."""


class Curve:
    """One number of a run over its steps: points of (step, time, value), oldest first.

    Immutable for its readers. The columns behind it grow in place when a longer curve is made of it, so one more point
    costs no copy; a reader of the shorter curve sees its own points and no more. A column is never resized once it can
    be seen: a longer one is allocated. For any number of readers, and one thread that makes longer curves.
    """

    __slots__ = ("_columns", "_count")

    def __init__(self, columns: _Columns | None = None, count: int = 0) -> None:
        self._columns = columns or _Columns(0)
        self._count = count

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
        """The curve with more points after its last one; the three columns have one length."""
        count = self._count + len(steps)
        columns = self._columns
        if columns.used != self._count or len(columns.steps) < count:
            columns = _Columns(count + count // 2 + SPARE_POINTS)
            for column, known in zip((columns.steps, columns.times, columns.values), self.columns, strict=True):
                memoryview(column)[: self._count] = known
        columns.steps[self._count : count] = steps
        columns.times[self._count : count] = times
        columns.values[self._count : count] = values
        columns.used = count
        return Curve(columns, count)

    def before(self, step: float) -> Curve:
        """The points before this step."""
        return Curve(self._columns, bisect_left(self.steps, step))

    def _seen(self, column: Doubles) -> memoryview:
        return memoryview(column).toreadonly()[: self._count]


class _Columns:
    """What several curves see the beginning of."""

    __slots__ = ("steps", "times", "used", "values")

    def __init__(self, capacity: int) -> None:
        self.steps, self.times, self.values = (array("d", bytes(8 * capacity)) for _ in range(3))
        self.used = 0
        """Points that some curve sees."""


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
