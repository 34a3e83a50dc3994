"""Where the names of curves stand: right of their last points, from top to bottom in the order of their values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class CurveEnd:
    """The end of one curve, in cells."""

    value: float
    """Names stand in the order of this, the highest at the top."""
    row: int
    """Of the last point; 0 is the top."""
    start: int
    """Column of the first cell of the name."""
    width: int
    """Cells of the name."""
    front: bool = False
    """Rather leave out other names than this one."""


def name_rows(ends: Sequence[CurveEnd], height: int, is_free: Callable[[CurveEnd, int], bool]) -> list[int | None]:
    """The row of each name, together as near to the curves' ends as their order allows.

    Names that have no column in common may stand in any order.

    Args:
        height: rows that there are.
        is_free: a name may stand in a row.

    Returns:
        A row for each end; None for a name that has no place.
    """
    rows: list[int | None] = [None] * len(ends)
    for together in beside_each_other(ends):
        ordered = sorted(together, key=lambda number: (-ends[number].value, number))
        for number, row in zip(ordered, _stacked([ends[each] for each in ordered], height, is_free), strict=True):
            rows[number] = row
    return rows


def beside_each_other(ends: Sequence[CurveEnd]) -> list[list[int]]:
    """Numbers of ends, in groups that have no column in common."""
    by_start = sorted(range(len(ends)), key=lambda number: ends[number].start)
    groups = [by_start[:1]] if by_start else []
    until = 0
    for before, number in pairwise(by_start):
        until = max(until, ends[before].start + ends[before].width)
        if ends[number].start < until:
            groups[-1].append(number)
        else:
            groups.append([number])
    return groups


def _stacked(ends: Sequence[CurveEnd], height: int, is_free: Callable[[CurveEnd, int], bool]) -> list[int | None]:
    """Rows that grow from end to end with the least sum of distances; a name is left out only if there is no place.

    `costs[n][r]` is the least sum for the first n names in the first r rows.
    """
    left_out = [height * height * (len(ends) if end.front else 1) for end in ends]
    costs = [[0] * (height + 1)]
    for end, cost in zip(ends, left_out, strict=True):
        before = costs[-1]
        row_costs = [before[0] + cost]
        for row in range(height):
            least = min(row_costs[row], before[row + 1] + cost)
            if is_free(end, row):
                least = min(least, before[row] + abs(end.row - row))
            row_costs.append(least)
        costs.append(row_costs)
    rows: list[int | None] = [None] * len(ends)
    number, row = len(ends), height
    while number and row:
        if costs[number][row] == costs[number][row - 1]:
            row -= 1
        elif costs[number][row] == costs[number - 1][row] + left_out[number - 1]:
            number -= 1
        else:
            number, row = number - 1, row - 1
            rows[number] = row
    return rows
