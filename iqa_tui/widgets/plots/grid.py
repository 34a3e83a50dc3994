"""A page of plots beside and below each other, on one axis x."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from iqa_tui.widgets.canvas import Line
from iqa_tui.widgets.plots.axes import x_words
from iqa_tui.widgets.plots.frame import filled_up
from iqa_tui.widgets.plots.layout import GAP, Layout, shares
from iqa_tui.widgets.plots.series import Plot, PlotLook, XKind
from iqa_tui.widgets.plots.small_plot import PlotDrawer


@dataclass(frozen=True, slots=True)
class FieldPlace:
    """Where the curves of one plot are on the grid, in cells."""

    left: int
    width: int
    top: int
    height: int


class GridDrawer:
    """Keeps what the plots computed, by their keys."""

    def __init__(self) -> None:
        self._drawers: dict[str, PlotDrawer] = {}
        self.fields: list[FieldPlace] = []
        """Of the plots drawn last."""
        self.cross_words = ""
        """Where the crosshair of the plots drawn last is: `step 1240`; empty if it is off."""

    def lines(self, plots: Sequence[Plot], look: PlotLook, layout: Layout, size: tuple[int, int]) -> list[Line]:
        """`size` is columns and lines; every line is exactly as wide.

        Args:
            plots: of one page.
        """
        width, height = size
        if width < 1 or height < 1:
            return []
        x = self._x(plots, look)
        self.cross_words = "" if look.cross is None else x_words(x[0] + look.cross * (x[1] - x[0]), look.x_kind)
        self.fields = []
        lines: list[Line] = []
        for row, (top, rows) in enumerate(shares(height, layout.rows)):
            across = plots[row * layout.columns : (row + 1) * layout.columns]
            beside = []
            for plot, (left, columns) in zip(across, shares(width, max(1, len(across)), GAP), strict=True):
                drawer = self._drawer(plot)
                beside.append(drawer.lines(plot, look, x, columns, rows))
                start, cells = drawer.field_place(plot, look, columns)
                self.fields.append(FieldPlace(left + start, cells, top, rows))
            lines += [_joined(pieces) for pieces in zip(*beside, strict=True)] if beside else [[]] * rows
        return filled_up(lines, width, height)

    def _drawer(self, plot: Plot) -> PlotDrawer:
        return self._drawers.setdefault(plot.key, PlotDrawer())

    def _x(self, plots: Sequence[Plot], look: PlotLook) -> tuple[float, float]:
        """The part of the axis that the window shows."""
        extents = [found for plot in plots if (found := self._drawer(plot).extent(plot, look)) is not None]
        low = min((begin for begin, _ in extents), default=0.0)
        high = max((end for _, end in extents), default=1.0)
        if look.x_kind is not XKind.CLOCK:
            low = min(0.0, low)
        if high <= low:
            high = low + 1.0
        first, last = look.window
        return low + first * (high - low), low + last * (high - low)

    def forget_all_but(self, plots: Sequence[Plot]) -> None:
        """Free what belongs to metrics that are not shown."""
        for key in self._drawers.keys() - {plot.key for plot in plots}:
            del self._drawers[key]


def _joined(pieces: Sequence[Line]) -> Line:
    line = list(pieces[0])
    for piece in pieces[1:]:
        line += [(" " * GAP, ""), *piece]
    return line
