"""The part of the monitor screen that draws curves: which, over what, on which scale, how smooth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from iqa_tui.monitor.curve_choice import chosen_for_curves
from iqa_tui.panels.curves import Curves
from iqa_tui.screens.curve_keys import CurveKeysRoom
from iqa_tui.screens.viewing import ViewingRoom

if TYPE_CHECKING:
    from iqa_tui.monitor.curve_view import CurveView
    from iqa_tui.monitor.state import RunState


class CurvesRoom(CurveKeysRoom, ViewingRoom):
    """The curves of the marked runs, else of those under the cursor, or of the best of them if they are many."""

    def show_curves(self) -> None:
        under_cursor = self.runs_under_cursor()
        is_one_experiment = len({(state.group, state.experiment or state.run_id) for state in under_cursor}) == 1
        front = under_cursor[0].run_id if is_one_experiment else None
        drawn = self.view.drawn(self.runs, under_cursor)
        is_of_marks = bool(drawn) and drawn[0][0].run_id in self.view.marked
        near = chosen_for_curves(under_cursor) if is_one_experiment else []
        self.session.look_at([state.run_id for state in (*near, *(state for state, _ in drawn))])
        left_out = 0 if is_of_marks else len(under_cursor) - len(drawn)
        self.query_one(Curves).show_runs(drawn, self.view.curves, front, left_out=left_out)

    @property
    def curve_view(self) -> CurveView:
        return self.view.curves

    def look_at_curves(self, curves: CurveView) -> None:
        self.view = replace(self.view, curves=curves)
        self.show_curves()

    def curve_states(self) -> Sequence[RunState]:
        return [state for state, _ in self.view.drawn(self.runs, self.runs_under_cursor())]
