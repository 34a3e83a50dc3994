"""What the parts of the monitor screen share: how its user looks at the runs, and the run under the cursor."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iqa_tui.monitor.view import MonitorView
from iqa_tui.panels.run_list import RunList
from iqa_tui.screens.orders import OrdersRoom

if TYPE_CHECKING:
    from iqa_tui.monitor.state import RunState
    from iqa_tui.screens.room import Session


class ViewingRoom(OrdersRoom):
    """The base of the parts: runs, curves, devices, log. Each part draws its panel and has the keys of it."""

    def __init__(self, session: Session, classes: str = "") -> None:
        super().__init__(session, classes)
        self._view = session.remembered.recall("monitor", MonitorView())

    @property
    def view(self) -> MonitorView:
        """How the user looks at the runs, now and when the app is opened again; a filter and a zoom are for now."""
        return self._view

    @view.setter
    def view(self, view: MonitorView) -> None:
        if view is not self._view:
            self._view = view
            lasting = replace(view, curves=view.curves.lasting())
            self.session.remembered.remember("monitor", lasting, leave=("filter",))

    def look(self, view: MonitorView) -> None:
        """Look at the runs in this way from now on."""
        self.view = view
        self.runs_changed()

    def run_under_cursor(self) -> RunState | None:
        """The run that orders are for; None on a row that stands for several, or for none."""
        row = self.query_one(RunList).row_under_cursor
        return row.run if row else None

    def runs_under_cursor(self) -> tuple[RunState, ...]:
        """All that the row under the cursor stands for."""
        row = self.query_one(RunList).row_under_cursor
        return row.runs if row else ()

    def followed_run(self) -> RunState | None:
        """The run whose log is shown: of several under the cursor the first that is alive, else the newest."""
        runs = self.runs_under_cursor()
        alive = next((state for state in runs if state.phase.is_alive), None)
        return alive or max(runs, key=lambda state: state.updated, default=None)
