"""The part of the monitor screen that draws curves: which, over what, on which scale, how smooth."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType

from iqa_tui.monitor.curve_view import CurveView
from iqa_tui.panels.curves import Curves
from iqa_tui.screens.viewing import ViewingRoom


class CurvesRoom(ViewingRoom):
    """The curves of the marked runs, else of the run under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "other_curve", "curve"),
        Binding("plus,equals_sign", "smooth(1)", "smooth", key_display="+/-"),
        Binding("minus", "smooth(-1)", "less smooth", show=False),
        Binding("l", "other_scale", "log", key_display="l"),
        Binding("x", "other_axis", "steps/time", show=False),
    ]

    def show_curves(self) -> None:
        under_cursor = self.run_under_cursor()
        drawn = self.view.drawn(self.runs, self.runs_under_cursor())
        first = [under_cursor.run_id] if under_cursor else []
        self.session.look_at([*first, *(state.run_id for state, _ in drawn)])
        self.query_one(Curves).show_runs(drawn, self.view.curves, under_cursor.run_id if under_cursor else None)

    def action_other_curve(self) -> None:
        self._look_at_curves(self.view.curves.other_kind())

    def action_other_axis(self) -> None:
        self._look_at_curves(self.view.curves.other_axis())

    def action_other_scale(self) -> None:
        """Linear or logarithmic losses."""
        self._look_at_curves(self.view.curves.other_scale())

    def action_smooth(self, steps: int) -> None:
        self._look_at_curves(self.view.curves.smoother(steps))

    def _look_at_curves(self, curves: CurveView) -> None:
        self.view = replace(self.view, curves=curves)
        self.show_curves()
