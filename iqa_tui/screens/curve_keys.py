"""The keys and the mouse of curves, on every screen that has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType

from iqa_tui.panels.curves import Curves
from iqa_tui.screens.room import Room

if TYPE_CHECKING:
    from iqa_tui.monitor.curve_view import CurveView
    from iqa_tui.monitor.state import RunState

MOVE = 1 / 8
"""Of the window, by one key."""


class CurveKeysRoom(Room):
    """A subclass has one panel of curves, and says how they are looked at."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "choose_metrics", "metrics"),
        Binding("b", "other_band", "seeds as a band or each alone", show=False),
        Binding("x", "next_x", "over steps, epochs, time, clock", show=False),
        Binding("l", "next_y", "linear, log, robust"),
        Binding("plus,equals_sign", "smooth(1)", "smooth", key_display="+/-"),
        Binding("minus", "smooth(-1)", "less smooth", show=False),
        Binding("left_square_bracket", "zoom_curves(1)", "zoom in", show=False),
        Binding("right_square_bracket", "zoom_curves(-1)", "zoom out", show=False),
        Binding("c", "crosshair", "crosshair"),
    ]

    @property
    def curve_view(self) -> CurveView:
        raise NotImplementedError

    def look_at_curves(self, curves: CurveView) -> None:
        """Look at them in this way from now on."""
        raise NotImplementedError

    def curve_states(self) -> Sequence[RunState]:
        """The runs whose curves are drawn."""
        raise NotImplementedError

    def action_choose_metrics(self) -> None:
        """Ask which metrics are drawn, and in which order; one that no shown run has keeps its place."""
        from iqa_tui.monitor.metric_kinds import known_metrics, shown_metrics  # noqa: PLC0415  after the first paint
        from iqa_tui.screens.metric_chooser import MetricChooser  # noqa: PLC0415  as above

        states = self.curve_states()
        known = known_metrics(states)
        chosen = self.curve_view.metrics or shown_metrics((), states)
        self.app.push_screen(MetricChooser(known, chosen), self._metrics_chosen)

    def _metrics_chosen(self, metrics: tuple[str, ...] | None) -> None:
        if metrics is not None:
            self.look_at_curves(self.curve_view.with_metrics(metrics))

    def commands(self) -> Iterable[SystemCommand]:
        yield from super().commands()
        other = self.curve_view.next_signs().signs.value
        yield SystemCommand(f"Curves of {other}", "For fonts that have no braille, or back", self.action_other_signs)

    def action_other_band(self) -> None:
        self.look_at_curves(self.curve_view.other_band())

    def action_next_x(self) -> None:
        self.look_at_curves(self.curve_view.next_x())

    def action_next_y(self) -> None:
        self.look_at_curves(self.curve_view.next_y())

    def action_other_signs(self) -> None:
        """Braille or half blocks."""
        self.look_at_curves(self.curve_view.next_signs())

    def action_smooth(self, steps: int) -> None:
        self.look_at_curves(self.curve_view.smoother(steps))

    def action_zoom_curves(self, steps: int) -> None:
        self.look_at_curves(self.curve_view.zoomed(steps))

    def action_whole_curves(self) -> None:
        self.look_at_curves(self.curve_view.whole())

    def action_page_curves(self, pages: int) -> None:
        self.look_at_curves(self.curve_view.paged(pages))

    def action_move_curves(self, direction: int) -> None:
        """Move the crosshair by a cell; without one, what is shown."""
        curves = self.curve_view
        if curves.cross is None:
            self.look_at_curves(curves.moved(direction * MOVE))
        else:
            self.look_at_curves(curves.cross_moved(direction / self.query_one(Curves).cells_of_curves))

    def action_crosshair(self) -> None:
        """Show it at the newest values, where the arrow keys move it; or take it away."""
        panel = self.query_one(Curves)
        if self.curve_view.cross is None:
            self.look_at_curves(self.curve_view.crossed(1.0))
            self.before_focus(panel)
            panel.focus()
        else:
            self.look_at_curves(self.curve_view.crossed(None))
            if panel.has_focus and not self.has_class("-zoomed"):
                self.focus_order()[0].focus()

    def on_curve_grid_pointed(self, message: Curves.Pointed) -> None:
        """A click shows the crosshair, and takes it away again; in between it follows the mouse."""
        message.stop()
        is_on = self.curve_view.cross is not None
        if message.is_click or is_on:
            self.look_at_curves(self.curve_view.crossed(None if message.is_click and is_on else message.at))

    def on_curve_grid_wheeled(self, message: Curves.Wheeled) -> None:
        message.stop()
        self.look_at_curves(self.curve_view.zoomed(message.steps, message.at))
