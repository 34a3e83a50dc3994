"""The part of the monitor screen that draws curves: which, over what, on which scale, how smooth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType

from iqa_tui.monitor.curve_view import CurveView
from iqa_tui.monitor.metric_kinds import known_metrics, shown_metrics
from iqa_tui.panels.curves import Curves
from iqa_tui.panels.run_list import RunList
from iqa_tui.screens.viewing import ViewingRoom

MOVE = 1 / 8
"""Of the window, by one key."""


class CurvesRoom(ViewingRoom):
    """The curves of the marked runs, else of the run under the cursor."""

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

    def show_curves(self) -> None:
        under_cursor = self.runs_under_cursor()
        is_one_experiment = len({(state.group, state.experiment or state.run_id) for state in under_cursor}) == 1
        front = under_cursor[0].run_id if is_one_experiment else None
        drawn = self.view.drawn(self.runs, under_cursor)
        self.session.look_at([state.run_id for state in (*under_cursor, *(state for state, _ in drawn))])
        self.query_one(Curves).show_runs(drawn, self.view.curves, front)

    def action_choose_metrics(self) -> None:
        """Ask which metrics are drawn, and in which order; one that no shown run has keeps its place."""
        from iqa_tui.screens.metric_chooser import MetricChooser  # noqa: PLC0415  after the first paint

        states = [state for state, _ in self.view.drawn(self.runs, self.runs_under_cursor())]
        known = known_metrics(states)
        chosen = self.view.curves.metrics or shown_metrics((), states)
        self.app.push_screen(MetricChooser(known, chosen), self._metrics_chosen)

    def _metrics_chosen(self, metrics: tuple[str, ...] | None) -> None:
        if metrics is not None:
            self.look_at_curves(self.view.curves.with_metrics(metrics))

    def commands(self) -> Iterable[SystemCommand]:
        yield from super().commands()
        other = self.view.curves.next_signs().signs.value
        yield SystemCommand("Metrics", "Choose what the curves show (m)", self.action_choose_metrics)
        yield SystemCommand(f"Curves of {other}", "For fonts that have no braille, or back", self.action_other_signs)

    def action_other_band(self) -> None:
        self.look_at_curves(self.view.curves.other_band())

    def action_next_x(self) -> None:
        self.look_at_curves(self.view.curves.next_x())

    def action_next_y(self) -> None:
        self.look_at_curves(self.view.curves.next_y())

    def action_other_signs(self) -> None:
        """Braille or half blocks."""
        self.look_at_curves(self.view.curves.next_signs())

    def action_smooth(self, steps: int) -> None:
        self.look_at_curves(self.view.curves.smoother(steps))

    def action_zoom_curves(self, steps: int) -> None:
        self.look_at_curves(self.view.curves.zoomed(steps))

    def action_whole_curves(self) -> None:
        self.look_at_curves(self.view.curves.whole())

    def action_page_curves(self, pages: int) -> None:
        self.look_at_curves(self.view.curves.paged(pages))

    def action_move_curves(self, direction: int) -> None:
        """Move the crosshair by a cell; without one, what is shown."""
        curves = self.view.curves
        if curves.cross is None:
            self.look_at_curves(curves.moved(direction * MOVE))
        else:
            self.look_at_curves(curves.cross_moved(direction / self.query_one(Curves).cells_of_curves))

    def action_crosshair(self) -> None:
        """Show it at the newest values, where the arrow keys move it; or take it away."""
        panel = self.query_one(Curves)
        if self.view.curves.cross is None:
            self.look_at_curves(self.view.curves.crossed(1.0))
            self.before_focus(panel)
            panel.focus()
        else:
            self.look_at_curves(self.view.curves.crossed(None))
            if panel.has_focus and not self.has_class("-zoomed"):
                self.query_one(RunList).focus()

    def on_curve_grid_pointed(self, message: Curves.Pointed) -> None:
        """A click shows the crosshair, and takes it away again; in between it follows the mouse."""
        message.stop()
        is_on = self.view.curves.cross is not None
        if message.is_click or is_on:
            self.look_at_curves(self.view.curves.crossed(None if message.is_click and is_on else message.at))

    def on_curve_grid_wheeled(self, message: Curves.Wheeled) -> None:
        message.stop()
        self.look_at_curves(self.view.curves.zoomed(message.steps, message.at))

    def look_at_curves(self, curves: CurveView) -> None:
        self.view = replace(self.view, curves=curves)
        self.show_curves()
