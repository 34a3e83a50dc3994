"""The widget that shows a grid of plots, a page at a time, and tells what the mouse does on them.

`plot_grid` draws. It needs numpy, which takes a tenth of a second to import. The app must be on screen before, so a
thread imports it when the first curve is to be drawn.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from iqa_tui.widgets.canvas import Canvas, Line, in_the_middle
from iqa_tui.widgets.plots.layout import plot_layout
from iqa_tui.widgets.plots.series import Plot, PlotLook

if TYPE_CHECKING:
    from iqa_tui.widgets.plots.grid import GridDrawer

LOAD_SECONDS = 0.05
"""From then on: meanwhile what else has changed is drawn, as loading numpy keeps the interpreter from all threads."""


class CurveGrid(Canvas, can_focus=True):
    """Shows what `show` was given last."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "screen.move_curves(-1)", "move, or move the crosshair", show=False),
        Binding("right", "screen.move_curves(1)", "move, or move the crosshair", show=False),
        Binding("0", "screen.whole_curves", "all of the axis again", show=False),
        Binding("pageup", "screen.page_curves(-1)", "other plots", show=False),
        Binding("pagedown", "screen.page_curves(1)", "other plots", show=False),
    ]

    class Pointed(Message):
        """The mouse was moved over the curves, or clicked on them."""

        def __init__(self, at: float, *, is_click: bool) -> None:
            super().__init__()
            self.at = at
            """Place in the window, 0 to 1."""
            self.is_click = is_click

    class Wheeled(Message):
        """The wheel was turned over the curves."""

        def __init__(self, at: float, steps: int) -> None:
            super().__init__()
            self.at = at
            self.steps = steps
            """Above 0: show less."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id, classes=classes)
        self.plots: tuple[Plot, ...] = ()
        self.look = PlotLook()
        self._asked: tuple[object, ...] = ()
        self._page = 0
        self._words = ""
        self._empty = ""
        self._loader: threading.Thread | None = None
        self._drawer: GridDrawer | None = None
        self._drawn: tuple[object, ...] = ()
        self._lines: list[Line] = []

    def show(self, plots: Sequence[Plot], look: PlotLook, *, page: int = 0, words: str = "", empty: str = "") -> None:
        """Draw a page of these plots; if there are none, say `empty`.

        Args:
            words: for the title.
        """
        asked = (look, page, words, empty)
        if self._asked == asked and _are_one(self.plots, plots):
            return
        self._asked = asked
        self.plots, self.look, self._page, self._words, self._empty = tuple(plots), look, page, words, empty
        self.redraw()

    @property
    def cells_of_curves(self) -> int:
        """Columns of the first plot's curves; 1 before it is drawn."""
        return self._drawer.fields[0].width if self._drawer and self._drawer.fields else 1

    def draw(self, width: int, height: int) -> list[Line]:
        if not self.plots:
            self.set_title(self._words)
            self.set_subtitle("")
            return in_the_middle(self._empty, width, height)
        layout = plot_layout(width, height, len(self.plots))
        page = self._page % layout.pages
        self.set_title(f"{self._words} · page {page + 1} of {layout.pages}" if layout.pages > 1 else self._words)
        if self._drawer is None:
            self._load_in_thread()
            return []
        shown = self.plots[layout.page(page)]
        asked = (self.look, (width, height))
        if self._drawn[:2] != asked or not _are_one(shown, self._drawn[2:]):
            self._drawer.forget_all_but(self.plots)
            self._lines = self._drawer.lines(shown, self.look, layout, (width, height))
            self._drawn = (*asked, *shown)
        self.set_subtitle(self._drawer.cross_words)
        return self._lines

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self.look.cross is not None:
            self._point(event, is_click=False)

    def on_click(self, event: events.Click) -> None:
        self._point(event, is_click=True)

    def _point(self, event: events.MouseEvent, *, is_click: bool) -> None:
        at = self._place_of(event)
        if at is not None:
            self.post_message(self.Pointed(at, is_click=is_click))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, -1)

    def _wheel(self, event: events.MouseEvent, steps: int) -> None:
        at = self._place_of(event)
        if at is not None:
            event.stop()
            self.post_message(self.Wheeled(at, steps))

    def _place_of(self, event: events.MouseEvent) -> float | None:
        """Where on the axis x the mouse is; None if it is not over curves."""
        place = event.get_content_offset(self)
        if place is None or self._drawer is None or not self.plots:
            return None
        for field in self._drawer.fields:
            if field.top <= place.y < field.top + field.height and 0 <= place.x - field.left < field.width:
                return (place.x - field.left + 0.5) / field.width
        return None

    def _load_in_thread(self) -> None:
        if self._loader is None:
            self._loader = threading.Thread(target=self._load, name="load numpy", daemon=True)
            self.set_timer(LOAD_SECONDS, self._loader.start)

    def _load(self) -> None:
        from iqa_tui.widgets.plots.grid import GridDrawer  # noqa: PLC0415  numpy: see above

        self._drawer = GridDrawer()
        self.call_later(self.redraw)


def _are_one(some: Sequence[object], others: Sequence[object]) -> bool:
    return len(some) == len(others) and all(one is other for one, other in zip(some, others, strict=True))
