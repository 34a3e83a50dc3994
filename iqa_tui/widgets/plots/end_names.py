"""What stands right of the curves: their names at their ends, or their values at the crosshair, highest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len

from iqa_tui.widgets.canvas import Line, fit
from iqa_tui.widgets.palette import series_style
from iqa_tui.widgets.plots.curve_names import CurveEnd, beside_each_other, name_rows
from iqa_tui.widgets.plots.layers import Field
from iqa_tui.widgets.plots.series import VALUE_WIDTH, Plot
from iqa_tui.widgets.plots.sheet import Sheet
from iqa_tui.widgets.plots.traces import Trace

MOST_NAME_WIDTH = 10
"""Cells of a name at the end of its curve; a longer one is cut."""
FARTHEST_NAME = 1
"""Rows from the end of a curve to its name: beyond, another curve may lie between them."""


@dataclass(frozen=True, slots=True)
class Written:
    """A text over the cells of one row."""

    start: int
    width: int
    """Cells."""
    text: str
    style: str


@dataclass(frozen=True, slots=True)
class Ends:
    """The curves' ends, and the room right of them."""

    traces: Sequence[Trace]
    front: Trace | None
    """Its name is never left out."""
    plot: Plot
    width: int
    """Cells right of the curves."""
    has_values: bool = False
    """The names have values with them."""


def names_width(traces: Sequence[Trace]) -> int:
    """Cells of the names and of a blank before them."""
    return min(MOST_NAME_WIDTH, max(max(1, cell_len(trace.name)) for trace in traces)) + 1


def deviation_words(plot: Plot, deviation: float | None) -> str:
    """`±0.0011`; empty for a curve that is no mean."""
    return "" if deviation is None else f"±{plot.value_words(deviation)}"


def _text(ends: Ends, trace: Trace, value: float, deviation: float | None = None) -> str:
    """What is written for a curve."""
    room = ends.width - 1
    words = ends.plot.value_words(value) if ends.has_values else ""
    wanted = deviation_words(ends.plot, deviation) if ends.has_values else ""
    name_room = min(MOST_NAME_WIDTH, cell_len(trace.name))
    if wanted and name_room + 1 + len(words) + len(wanted) <= room:
        words += wanted
    name = fit(trace.name, max(1, min(name_room, room - len(words) - 1 if words else room)))
    return f"{name} {words}" if words else name


def names_at_ends(ends: Ends, field: Field, sheet: Sheet) -> dict[int, list[Written]]:
    """Each name right of its curve's last point, over no curve; in the margin if there is no room beside the point.

    The names of curves that end beside each other go there together, since apart they would stand in no one order.
    Of more curves than rows some are named, over all values.
    """
    traces = _some_of(ends.traces, field.height, ends.front)
    texts = [_text(ends, trace, trace.last) for trace in traces]
    marks = [_end_of(trace, cell_len(text), field, ends) for trace, text in zip(traces, texts, strict=True)]

    def is_free(end: CurveEnd, row: int) -> bool:
        return sheet.is_free(row, end.start, end.start + end.width)

    rows = name_rows(marks, field.height, is_free)
    has_room = [row is not None and abs(row - end.row) <= FARTHEST_NAME for end, row in zip(marks, rows, strict=True)]
    for together in beside_each_other(marks):
        if not all(has_room[number] for number in together):
            for number in together:
                marks[number] = replace(marks[number], start=_margin(field, ends, marks[number].width))
    rows = name_rows(marks, field.height, is_free)
    written: dict[int, list[Written]] = {}
    for trace, text, mark, row in zip(traces, texts, marks, rows, strict=True):
        if row is not None:
            style = f"{series_style(trace.look)}{' strong' if trace is ends.front or ends.front is None else ''}"
            written.setdefault(row, []).append(Written(mark.start, mark.width, text, style))
    return written


def values_at(ends: Ends, field: Field, at: float) -> dict[int, list[Written]]:
    """The curves' values at a place of x, from the top, highest first; how many more there are in the last row."""
    known = [(trace, value) for trace in ends.traces if (value := trace.value_at(at)) is not None]
    known.sort(key=lambda entry: -entry[1][0])
    shown, start, room = known, field.width + 1, ends.width - 1
    if len(known) > field.height:
        shown = known[: max(0, field.height - 1)]
        front = next((entry for entry in known if entry[0] is ends.front), None)
        if front is not None and front not in shown and shown:
            shown[-1] = front
    written = {}
    for row, (trace, value) in enumerate(shown):
        style = f"{series_style(trace.look)}{' strong' if trace is ends.front else ''}"
        text = _text(ends, trace, *value)
        width = min(room, cell_len(text))
        written[row] = [Written(start, width, fit(text, width), style)]
    if len(shown) < len(known):
        more = fit(f"+{len(known) - len(shown)} more", min(room, 9)).rstrip()
        written[len(shown)] = [Written(start, cell_len(more), more, "dim")]
    return written


def written_line(sheet: Sheet, row: int, width: int, written: Sequence[Written]) -> Line:
    """A row of the sheet with texts in it."""
    line: Line = []
    place = 0
    for each in sorted(written, key=lambda one: one.start):
        line += [*sheet.line(row, place, each.start), (each.text, each.style)]
        place = each.start + each.width
    return [*line, *sheet.line(row, place, width)]


def value_room() -> int:
    """Cells of a value and of a blank before it."""
    return VALUE_WIDTH + 1


def _some_of(traces: Sequence[Trace], most: int, front: Trace | None) -> Sequence[Trace]:
    """All of them, or as many from the highest to the lowest value, that in front in its neighbour's place."""
    if len(traces) <= most:
        return traces
    ordered = sorted(traces, key=lambda trace: -trace.last)
    kept = [ordered[number * (len(ordered) - 1) // max(1, most - 1)] for number in range(most)]
    if front is not None and front not in kept:
        nearest = min(range(most), key=lambda number: abs(kept[number].last - front.last))
        kept[nearest] = front
    return kept


def _margin(field: Field, ends: Ends, width: int) -> int:
    """The first column of a name that stands right of all curves."""
    return field.width + min(1, ends.width - width)


def _end_of(trace: Trace, width: int, field: Field, ends: Ends) -> CurveEnd:
    y = field.y_of(trace.last)
    start = min(field.column_of(trace.end) + 2, _margin(field, ends, width))
    return CurveEnd(y, field.row_of(y), start, width, front=trace is ends.front)
