"""What surrounds the curves of a plot: its title, the labels of the axes."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from iqa_tui.widgets.canvas import Line, clip, fit, line_width
from iqa_tui.widgets.palette import series_style
from iqa_tui.widgets.plots.axes import x_ticks
from iqa_tui.widgets.plots.end_names import Ends, deviation_words
from iqa_tui.widgets.plots.layers import Field
from iqa_tui.widgets.plots.series import PlotLook

LABEL_WIDTH = 6
"""Characters of a label at the axis y."""


def title_line(ends: Ends, at: float | None, hows: Sequence[str], width: int) -> Line:
    """`loss · log`, a warning, and on the right the value of the curve in front, or of the only one.

    Args:
        at: x of the crosshair; None: the value is the last one.
        hows: how the axis y is, in the ways to say it from the longest to the shortest.
    """
    plot = ends.plot
    right = _value(ends, at)
    for note, value in [*((note, right) for note in plot.notes), *((note, []) for note in plot.notes), ("", right)]:
        for how in hows:
            left: Line = [(plot.title, "heading"), (f" · {how}" if how else "", "dim")]
            line: Line = [*left, (f" · {note}" if note else "", "warning")]
            gap = width - line_width(line) - line_width(value)
            if gap >= (2 if value else 0):
                return [*line, (" " * gap, ""), *value]
    return clip(left, width) if line_width(left) <= width else [(fit(plot.title, width), "heading")]


def _value(ends: Ends, at: float | None) -> Line:
    trace = ends.front or (ends.traces[0] if len(ends.traces) == 1 else None)
    if trace is None:
        return []
    value: tuple[float, float | None] | None = (trace.last, None) if at is None else trace.value_at(at)
    if value is None:
        return []
    words = ends.plot.value_words(value[0]) + deviation_words(ends.plot, value[1])
    return [(f"{fit(trace.name, min(12, cell_len(trace.name)))} ", series_style(trace.look)), (words, "strong")]


def y_labels(field: Field) -> dict[int, str]:
    """Row to label. Of ticks that would share a row, the first is shown."""
    labels: dict[int, str] = {}
    for place, words in field.y.ticks:
        labels.setdefault(field.row_of(place), words.rjust(LABEL_WIDTH) + "┤")
    return labels


def x_axis_line(field: Field, look: PlotLook, labels: int) -> Line:
    """The line below the curves. A label that would touch the one before it is left out.

    Args:
        labels: cells left of the curves.
    """
    line = ["─"] * field.width
    free_from = 0
    low, high = field.x
    for place, words in x_ticks(low, high, field.width, look.x_kind):
        column = round((place - low) / (high - low) * (field.width - 1))
        start = max(0, min(column - len(words) // 2, field.width - len(words)))
        if start >= free_from and len(words) <= field.width:
            line[start : start + len(words)] = words
            free_from = start + len(words) + 1
    corner = " " * (labels - 1) + "└" if labels else ""
    return [(corner + "".join(line), "dim")]


def padded(line: Line, width: int) -> Line:
    """The line in exactly `width` cells."""
    line = clip(line, width)
    return [*line, (" " * (width - line_width(line)), "")]


def filled_up(lines: list[Line], width: int, height: int) -> list[Line]:
    """`height` lines, each of exactly `width` cells."""
    return [padded(line, width) for line in [*lines, *[[]] * (height - len(lines))][:height]]
