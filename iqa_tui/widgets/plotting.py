"""Several curves in one drawing, with axes, names and last values, as lines of text.

A curve is told by its colour and by its name at its end; in ASCII by its sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from rich.cells import cell_len

from iqa_tui.widgets.axes import LogTicks, Ticks, count_words, log_ticks, round_ticks, time_unit, time_words
from iqa_tui.widgets.braille import DOT_COLUMNS, DOT_ROWS, Floats, braille_cells, column_extremes, raster, smooth
from iqa_tui.widgets.canvas import Line, clip, fit, line_width
from iqa_tui.widgets.curve_names import CurveEnd, beside_each_other, name_rows
from iqa_tui.widgets.palette import SERIES
from iqa_tui.widgets.series import VALUE_WIDTH, PlotOptions, Series

LABEL_WIDTH = 7
MOST_NAME_WIDTH = 10
"""Cells of a name at the end of its curve; a longer one is cut."""
LEGEND_WIDTH = 30
LEGEND_FROM_WIDTH = 100
"""A plot at least this wide has its legend beside it; a narrower one has it in its first line."""
FARTHEST_NAME = 1
"""Rows from the end of a curve to its name: beyond, another curve may lie between them."""
ASCII_SIGNS = "*o+x#@%"


@dataclass(frozen=True, slots=True)
class _Curve:
    series: Series
    x: Floats
    y: Floats
    """As it is drawn: smoothed, and log10 of it on a logarithmic axis."""
    last: float
    """The value at the end, smoothed."""


def plot_lines(series: Sequence[Series], width: int, height: int, options: PlotOptions) -> list[Line]:
    """The whole plot as lines: legend, curves, axes. Too small a place gives what fits, never an error."""
    beside = width >= LEGEND_FROM_WIDTH
    plot_width = width - LABEL_WIDTH - 1 - (LEGEND_WIDTH if beside else 0)
    plot_height = height - 1 - (0 if beside else 1)
    curves = [curve for one in series if (curve := _smoothed(one, options))]
    if not curves:
        none = "no value above zero yet" if options.log_y else "no finite value yet"
        return [[(none.center(width), "dim")]]
    if plot_width < 4 or plot_height < 1:
        return [_legend_line(curves, options, width)]
    end_width = min(MOST_NAME_WIDTH, max(cell_len(curve.series.name) for curve in curves)) + 1
    is_named = len(curves) > 1 and plot_width >= 4 * end_width
    lines = _plot(curves, plot_width, plot_height, options, end_width if is_named else 0)
    if not beside:
        return [_legend_line(curves, options, width), *lines]
    legend = _legend_column(curves, options)
    legend += [[]] * (len(lines) - len(legend))
    return [[*_padded(line, width - LEGEND_WIDTH), *entry] for line, entry in zip(lines, legend, strict=False)]


def _smoothed(series: Series, options: PlotOptions) -> _Curve | None:
    """The points that can be drawn, smoothed before anything is thinned; None if there is none."""
    if len(series.x) == 0:
        return None
    x, y = np.asarray(series.x, dtype=np.float64), np.asarray(series.y, dtype=np.float64)
    finite = np.isfinite(y)
    if not finite.any():
        return None
    x, y = x[finite], smooth(y[finite], options.smoothing)
    last = float(y[-1])
    if options.log_y:
        positive = y > 0
        if not positive.any():
            return None
        x, y = x[positive], np.log10(y[positive])
    return _Curve(series, x, y, last)


@dataclass(frozen=True, slots=True)
class _Plane:
    """Where curves are drawn: cells, and what they stand for."""

    width: int
    height: int
    end_width: int
    """Cells right of it, for names."""
    x: Ticks
    y: Ticks | LogTicks

    def margin(self, width: int) -> int:
        """The first column of a name that stands right of all curves."""
        return self.width + min(1, self.end_width - width)

    def end_of(self, curve: _Curve) -> tuple[int, int]:
        """Row and column of its last point."""
        right = (curve.x[-1] - self.x.low) / (self.x.high - self.x.low)
        down = (self.y.high - curve.y[-1]) / (self.y.high - self.y.low)
        row = round(down * (self.height * DOT_ROWS - 1)) // DOT_ROWS
        return row, min(int(right * self.width), self.width - 1)


def _plot(curves: list[_Curve], width: int, height: int, options: PlotOptions, end_width: int) -> list[Line]:
    """Args:
    end_width: cells of `width` that are left free for the curves' names; 0: they have none.
    """
    width -= end_width
    lowest, highest = min(float(c.y.min()) for c in curves), max(float(c.y.max()) for c in curves)
    y_ticks = (log_ticks if options.log_y else round_ticks)(lowest, highest, height // 3 + 1)
    last = max(float(curve.x[-1]) for curve in curves)
    unit = time_unit(last) if options.x_is_time else 1.0
    plane = _Plane(width, height, end_width, _x_ticks(last, unit, width, options), y_ticks)
    cells = [[(" ", "")] * (width + end_width) for _ in range(height)]
    for curve in sorted(curves, key=lambda each: each.series.front):
        for row, text in enumerate(_curve_cells(curve, plane, options)):
            for column, sign in enumerate(text):
                if sign != " ":  # a cell shows one curve: the dots of two would be read as a third
                    cells[row][column] = (sign, _style(curve))
    if end_width:
        _write_names(cells, curves, plane)
    labels = _y_labels(y_ticks, height)
    lines: list[Line] = [
        [(labels.get(row, " " * LABEL_WIDTH + "│"), "dim"), *_merged(cells[row])] for row in range(height)
    ]
    return [*lines, _x_axis(plane.x, width, unit, options)]


def _curve_cells(curve: _Curve, plane: _Plane, options: PlotOptions) -> list[str]:
    """Its lines of text, blanks beside it."""
    per_column, per_row = (1, 1) if options.ascii_only else (DOT_COLUMNS, DOT_ROWS)
    low, high = column_extremes(curve.x, curve.y, (plane.x.low, plane.x.high), plane.width * per_column)
    dots = raster(low, high, (plane.y.low, plane.y.high), plane.height * per_row)
    if options.ascii_only:
        sign = ASCII_SIGNS[curve.series.colour % len(ASCII_SIGNS)]
        return ["".join(sign if dot else " " for dot in line) for line in dots.tolist()]
    return braille_cells(dots)


def _write_names(cells: list[list[tuple[str, str]]], curves: list[_Curve], plane: _Plane) -> None:
    """Each curve's name right of its last point, over no curve; in the margin if there is no room beside the point.

    The names of curves that end beside each other go there together, since apart they would stand in no one order.
    """
    most = plane.end_width - 1
    texts = [fit(curve.series.name, min(most, max(1, cell_len(curve.series.name)))) for curve in curves]
    ends = [_name_end(curve, cell_len(text), plane) for curve, text in zip(curves, texts, strict=True)]

    def is_free(end: CurveEnd, row: int) -> bool:
        return all(sign == " " for sign, _ in cells[row][end.start : end.start + end.width])

    rows = name_rows(ends, plane.height, is_free)
    has_room = [row is not None and abs(row - end.row) <= FARTHEST_NAME for end, row in zip(ends, rows, strict=True)]
    for together in beside_each_other(ends):
        if not all(has_room[number] for number in together):
            for number in together:
                ends[number] = replace(ends[number], start=plane.margin(ends[number].width))
    rows = name_rows(ends, plane.height, is_free)
    for curve, text, end, row in zip(curves, texts, ends, rows, strict=True):
        if row is not None:
            # In its first cell, as a sign may take two; the other cells hold nothing more.
            cells[row][end.start] = (text, f"{_style(curve)} strong")
            cells[row][end.start + 1 : end.start + end.width] = [("", "")] * (end.width - 1)


def _name_end(curve: _Curve, width: int, plane: _Plane) -> CurveEnd:
    row, column = plane.end_of(curve)
    start = min(column + 2, plane.margin(width))
    return CurveEnd(float(curve.y[-1]), row, start, width, front=curve.series.front)


def _y_labels(ticks: Ticks | LogTicks, height: int) -> dict[int, str]:
    """Row to label. Of ticks that would share a row, and of those that are called the same, the first is shown."""
    labels: dict[int, str] = {}
    span = ticks.high - ticks.low
    for place, words in zip(ticks.places, ticks.words(LABEL_WIDTH), strict=True):
        row = round((ticks.high - place) / span * (height - 1)) if span and height > 1 else height - 1
        label = words.rjust(LABEL_WIDTH) + "┤"
        if label not in labels.values():
            labels.setdefault(row, label)
    return labels


def _x_ticks(last: float, unit: float, width: int, options: PlotOptions) -> Ticks:
    whole = 0.0 if options.x_is_time else 1.0
    return round_ticks(0.0, max(last, unit), max(2, width // 14 + 1), unit=unit, least_step=whole)


def _x_axis(ticks: Ticks, width: int, unit: float, options: PlotOptions) -> Line:
    """A label that would touch the one before it is left out."""
    line = ["─"] * width
    free_from = 0
    for place in ticks.places:
        words = time_words(place, unit) if options.x_is_time else count_words(place)
        column = round((place - ticks.low) / (ticks.high - ticks.low) * (width - 1))
        start = max(0, min(column - len(words) // 2, width - len(words)))
        if start >= free_from:
            line[start : start + len(words)] = words
            free_from = start + len(words) + 1
    return [(" " * LABEL_WIDTH + "└" + "".join(line)[:width], "dim")]


def _legend_column(curves: list[_Curve], options: PlotOptions) -> list[Line]:
    return [
        [("  ", ""), (f"{_sign(curve, options)} ", _style(curve)), *_entry(curve, options, LEGEND_WIDTH - 5)]
        for curve in curves
    ]


def _legend_line(curves: list[_Curve], options: PlotOptions, width: int) -> Line:
    """All curves in one line, each with its name and last value; labels only if there is one curve."""
    line: Line = []
    for curve in curves:
        line += [(f" {_sign(curve, options)} ", _style(curve))]
        line += _entry(curve, options, 28) if len(curves) == 1 else [(_value_words(curve, options), "strong")]
        if len(curves) > 1:
            line.insert(len(line) - 1, (f"{curve.series.name} ", ""))
    return clip(line, width)


def _entry(curve: _Curve, options: PlotOptions, width: int) -> Line:
    value = _value_words(curve, options)
    name = f"{curve.series.name} {curve.series.label}".strip()
    return [(fit(name, width - len(value) - 1) + " ", ""), (value, "strong")]


def _value_words(curve: _Curve, options: PlotOptions) -> str:
    return options.value_words(curve.last).rjust(VALUE_WIDTH)


def _sign(curve: _Curve, options: PlotOptions) -> str:
    return ASCII_SIGNS[curve.series.colour % len(ASCII_SIGNS)] if options.ascii_only else "━"


def _style(curve: _Curve) -> str:
    return f"series-{curve.series.colour % SERIES}"


def _merged(cells: list[tuple[str, str]]) -> Line:
    """Neighbours of one style as one span, so that a line is few segments."""
    line: Line = []
    for sign, style in cells:
        if line and line[-1][1] == style:
            line[-1] = (line[-1][0] + sign, style)
        else:
            line.append((sign, style))
    return line


def _padded(line: Line, width: int) -> Line:
    return [*line, (" " * max(0, width - line_width(line)), "")]
