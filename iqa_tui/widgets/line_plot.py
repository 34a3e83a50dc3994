"""The widget that shows several curves with axes, names and last values; `plotting` draws them.

That module needs numpy, which takes a tenth of a second to import. The app must be on screen before, so a thread
imports it when the first curve is to be drawn.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from iqa_tui.widgets.canvas import Canvas, Line, centred
from iqa_tui.widgets.series import PlotOptions, Series


class LinePlot(Canvas, can_focus=True):
    """Shows what `show` was given last."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id, classes=classes)
        self._series: tuple[Series, ...] = ()
        self._options = PlotOptions()
        self._empty = ""
        self._loader: threading.Thread | None = None
        self._plot_lines: Callable[..., list[Line]] | None = None

    def show(self, series: Sequence[Series], options: PlotOptions, empty: str = "") -> None:
        """Draw these curves; if there are none, say `empty`."""
        self._series, self._options, self._empty = tuple(series), options, empty
        self.redraw()

    def draw(self, width: int, height: int) -> list[Line]:
        if not any(len(series.x) for series in self._series):
            return [[]] * (max(0, height - 1) // 2) + [[(centred(self._empty, width), "dim")]]
        if self._plot_lines is None:
            self._load_in_thread()
            return []
        return self._plot_lines(self._series, width, height, self._options)

    def _load_in_thread(self) -> None:
        if self._loader is None:
            self._loader = threading.Thread(target=self._load, name="load numpy", daemon=True)
            self._loader.start()

    def _load(self) -> None:
        from iqa_tui.widgets.plotting import plot_lines  # noqa: PLC0415  numpy: see above

        self._plot_lines = plot_lines
        self.call_later(self.redraw)
