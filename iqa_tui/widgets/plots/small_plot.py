"""One plot as lines of text: a title of its own, curves between axes, their names or their values at the crosshair.

What was computed is kept until something that it depends on changes, so a cursor that moves costs no curve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from iqa_tui.widgets.canvas import Line, centred
from iqa_tui.widgets.plots.axes import linear_axis, log_axis
from iqa_tui.widgets.plots.columns import ColumnStore
from iqa_tui.widgets.plots.end_names import Ends, names_at_ends, names_width, value_room, values_at, written_line
from iqa_tui.widgets.plots.frame import LABEL_WIDTH, filled_up, title_line, x_axis_line, y_labels
from iqa_tui.widgets.plots.layers import LEAVES_OUT, CurveLayers, Field, curve_layers
from iqa_tui.widgets.plots.series import Plot, PlotLook
from iqa_tui.widgets.plots.sheet import Sheet
from iqa_tui.widgets.plots.traces import Thin, Trace, traces_of
from iqa_tui.widgets.plots.y_range import is_logarithmic, leaves_out, y_range

LEAST_FIELD = 8
"""Cells of curves: a narrower plot has no labels at its axes."""
AXIS_FROM_HEIGHT = 4
MOST_GHOSTS = 5
"""Of more curves the ghosts would cover each other; that of the curve in front is drawn always."""
VALUES_FROM = 60
"""In a plot this wide the names at the ends have their last values with them."""


@dataclass(frozen=True, slots=True)
class _Laid:
    """The curves of a plot over each other, and what that was made of."""

    plot: Plot
    traces: list[Trace]
    place: tuple[object, ...]
    field: Field | None
    """None if no value can be drawn on the axis y."""
    layers: tuple[CurveLayers, ...] = ()
    sheet: Sheet | None = None
    """Without the curve in front once more on top."""


class PlotDrawer:
    """Draws the plots of one metric, one after the other."""

    def __init__(self) -> None:
        self._store = ColumnStore()
        self._asked: tuple[Plot, bool, bool] | None = None
        self._traces: list[Trace] = []
        self._thins: dict[tuple[frozenset[str], bool], tuple[tuple[object, ...], Thin]] = {}
        self._layers: dict[frozenset[str], tuple[tuple[object, ...], CurveLayers]] = {}
        self._laid: _Laid | None = None

    def extent(self, plot: Plot, look: PlotLook) -> tuple[float, float] | None:
        """The first and the last place of x that has a point; None if there is no point."""
        traces = self._traces_of(plot, look)
        return (min(trace.begin for trace in traces), max(trace.end for trace in traces)) if traces else None

    def field_place(self, plot: Plot, look: PlotLook, width: int) -> tuple[int, int]:
        """First column of the curves, and how many there are."""
        labels = self._labels(width)
        traces = self._traces_of(plot, look)
        return labels, width - labels - (self._end_width(traces, look, width - labels) if traces else 0)

    def lines(self, plot: Plot, look: PlotLook, x: tuple[float, float], width: int, height: int) -> list[Line]:
        """`height` lines, each of exactly `width` cells.

        Args:
            x: at the left and at the right edge.
        """
        traces = self._traces_of(plot, look)
        rows = height - 1 - (height >= AXIS_FROM_HEIGHT)
        front = next((trace for trace in traces if look.front in trace.keys), None)
        at = None if look.cross is None else x[0] + look.cross * (x[1] - x[0])
        ends = Ends(traces, front, plot, 0)
        if not traces or rows < 1 or width < 2:
            words = "" if traces else "no finite value yet"
            return filled_up([title_line(ends, at, ("",), width), *_in_the_middle(words, rows, width)], width, height)
        labels, columns = self.field_place(plot, look, width)
        end_width = width - labels - columns
        laid = self._laid_out(plot, traces, look, x, (columns, rows, end_width))
        field = laid.field
        if field is None or laid.sheet is None:
            empty = _in_the_middle("no value above zero yet", rows, width)
            return filled_up([title_line(ends, at, LEAVES_OUT, width), *empty], width, height)
        has_values = end_width > names_width(traces)
        ends = Ends(traces, front, plot, end_width, has_values)
        sheet = laid.sheet if front is None else _with_front(laid.sheet, laid.layers[traces.index(front)])
        if look.cross is not None:
            sheet = sheet.copy()
            sheet.put_under(min(columns - 1, int(look.cross * columns)), "│", "dim")
        written = {}
        if at is not None and has_values:
            written = values_at(ends, field, at)
        elif end_width:
            written = names_at_ends(ends, field, sheet)
        names = y_labels(field) if labels else {}
        lines = [title_line(ends, at, field.words, width)]
        for row in range(rows):
            label = names.get(row, " " * LABEL_WIDTH + "│") if labels else ""
            lines.append([(label, "dim"), *written_line(sheet, row, columns + end_width, written.get(row, ()))])
        if height >= AXIS_FROM_HEIGHT:
            lines.append(x_axis_line(field, look, labels))
        return filled_up(lines, width, height)

    def _traces_of(self, plot: Plot, look: PlotLook) -> list[Trace]:
        how = (look.is_banded, look.has_signs)
        if self._asked is None or self._asked[0] is not plot or self._asked[1:] != how:
            self._traces = traces_of(plot, look, self._store)
            self._asked = (plot, *how)
        return self._traces

    def _labels(self, width: int) -> int:
        return LABEL_WIDTH + 1 if width >= LABEL_WIDTH + 1 + LEAST_FIELD else 0

    def _end_width(self, traces: Sequence[Trace], look: PlotLook, width: int) -> int:
        """Cells right of the curves for their names."""
        wanted = names_width(traces)
        if len(traces) == 1:
            return 0
        if look.cross is not None or width >= VALUES_FROM:
            with_values = wanted + value_room() * (2 if look.is_banded and width >= VALUES_FROM else 1)
            if width >= 2 * with_values:
                return with_values
        return wanted if width >= 4 * wanted else 0

    def _laid_out(
        self, plot: Plot, traces: list[Trace], look: PlotLook, x: tuple[float, float], cells: tuple[int, int, int]
    ) -> _Laid:
        """Args:
        cells: columns and rows of the curves, and columns of the names right of them.
        """
        place = (x, cells, look.dots, look.has_signs)
        laid = self._laid
        if laid is not None and laid.plot is plot and laid.traces is traces and laid.place == place:
            return laid
        columns, rows, end_width = cells
        field, thins = self._field(plot, traces, look, x, (columns, rows))
        if field is None:
            laid = _Laid(plot, traces, place, None)
        else:
            layers = tuple(self._layers_of(trace, thin, field) for trace, thin in zip(traces, thins, strict=True))
            laid = _Laid(plot, traces, place, field, layers, _laid_over_each_other(layers, field, end_width))
        self._laid = laid
        return laid

    def _field(
        self, plot: Plot, traces: Sequence[Trace], look: PlotLook, x: tuple[float, float], cells: tuple[int, int]
    ) -> tuple[Field | None, list[Thin]]:
        """The cells and the axis y; None if no value can be drawn on it."""
        columns, rows = cells
        dot_columns = columns * look.dots.columns
        thins = self._thin(plot, traces, x, dot_columns, is_log=False)
        is_log = is_logarithmic(plot, thins)
        some_left_out = is_log and leaves_out(thins)
        if is_log:
            thins = self._thin(plot, traces, x, dot_columns, is_log=True)
        found = y_range(plot, thins, is_log=is_log)
        if found is None:
            if is_log:
                return None, thins
            found = (0.0, 1.0)  # no curve reaches into the window
        axis = (log_axis if is_log else linear_axis)(*found, rows, LABEL_WIDTH)
        return Field(columns, rows, x, axis, look.dots, is_log, look.has_signs, some_left_out), thins

    def _thin(
        self, plot: Plot, traces: Sequence[Trace], x: tuple[float, float], dot_columns: int, *, is_log: bool
    ) -> list[Thin]:
        thins = []
        for trace in traces:
            key, place = (trace.version, x, dot_columns), (trace.keys, is_log)
            kept = self._thins.get(place)
            if kept is None or kept[0] != key:
                kept = (key, trace.thin(x, dot_columns, is_log=is_log, has_points=plot.has_points))
                self._thins[place] = kept
            thins.append(kept[1])
        if len(self._thins) > 2 * len(traces):
            known = {trace.keys for trace in traces}
            self._thins = {place: kept for place, kept in self._thins.items() if place[0] in known}
        return thins

    def _layers_of(self, trace: Trace, thin: Thin, field: Field) -> CurveLayers:
        kept = self._layers.get(trace.keys)
        if kept is None or kept[0][0] is not thin or kept[0][1:] != (trace.look, field):
            kept = ((thin, trace.look, field), curve_layers(thin, trace.look, field))
            self._layers[trace.keys] = kept
        return kept[1]


def _with_front(sheet: Sheet, own: CurveLayers) -> Sheet:
    """With these layers on top; the curve's ghost and band lie below the others."""
    sheet = sheet.copy()
    for layer in own.below:
        sheet.put(layer, only_if_free=True)
    for layer in (*own.line, *own.above):
        sheet.put(layer)
    return sheet


def _laid_over_each_other(layers: Sequence[CurveLayers], field: Field, end_width: int) -> Sheet:
    sheet = Sheet(field.width + end_width, field.height)
    if len(layers) <= MOST_GHOSTS:
        for each in layers:
            for layer in each.below:
                sheet.put(layer)
    for each in layers:
        for layer in each.line:
            sheet.put(layer)
    for each in layers:
        for layer in each.above:
            sheet.put(layer)
    return sheet


def _in_the_middle(words: str, rows: int, width: int) -> list[Line]:
    return [*[[]] * ((rows - 1) // 2), [(centred(words, width), "dim")]] if words and rows > 0 else []
