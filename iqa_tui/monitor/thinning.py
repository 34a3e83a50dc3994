"""Fewer points for the old part of a long curve: of each few the lowest and the highest, so that no spike is lost."""

from __future__ import annotations

import math
from array import array
from typing import TypeAlias

Doubles: TypeAlias = "array[float]"
"""Of type d."""
Points: TypeAlias = tuple[Doubles, Doubles, Doubles]
"""Steps, times and values."""


def thinned(points: Points, group: int) -> Points:
    """Args:
    group: of so many points, one after another, two stay. At least 2.
    """
    if group == 2:
        return points
    values = points[2]
    has_gaps = any(map(math.isnan, values))
    kept = array("q")
    for begin in range(0, len(values), group):
        part = values[begin : begin + group]
        low, high = _extremes(part) if has_gaps else (part.index(min(part)), part.index(max(part)))
        if low == high:  # a second one keeps all parts of the curve equally dense
            high = 0 if low else len(part) - 1
        kept.extend(begin + place for place in sorted({low, high}))
    steps, times, values = (array("d", map(column.__getitem__, kept)) for column in points)
    return steps, times, values


def _extremes(part: Doubles) -> tuple[int, int]:
    """Places of the lowest and the highest of those that are finite, else of the first."""
    finite = [place for place, value in enumerate(part) if not math.isnan(value)] or [0]
    return min(finite, key=part.__getitem__), max(finite, key=part.__getitem__)
