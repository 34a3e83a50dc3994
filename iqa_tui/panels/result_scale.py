"""The scale of differences to the baseline, which the table and the chart of results share."""

from __future__ import annotations

from collections.abc import Sequence

from iqa_tui.results.row import Row
from iqa_tui.results.shown import ShownDifference
from iqa_tui.widgets.canvas import Line
from iqa_tui.widgets.interval_line import Marked, Scale, interval_line


def gap_bounds(differences: Sequence[ShownDifference | None]) -> tuple[float, float]:
    """A scale that holds 0 and every interval."""
    ends = [
        end for each in differences if each is not None for end in (each.value, each.low, each.high) if end is not None
    ]
    return with_room(min([*ends, 0.0]), max([*ends, 0.0]))


def with_room(low: float, high: float) -> tuple[float, float]:
    """The ends of a scale, a little beyond these."""
    room = max(0.0005, (high - low) * 0.04)
    return low - room, high + room


def gap_line(difference: ShownDifference | None, scale: Scale, style: str) -> Line:
    """The interval of a difference, on a scale with 0."""
    ends = None
    if difference is not None and difference.low is not None and difference.high is not None:
        ends = (difference.low, difference.high)
    return interval_line(Marked(difference.value if difference else None, ends, style), scale)


def plain_difference(row: Row) -> ShownDifference | None:
    """Before anything is computed: without an interval."""
    return None if row.delta_srcc is None else ShownDifference(row.delta_srcc)
