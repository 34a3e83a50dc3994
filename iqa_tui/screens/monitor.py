"""The runs as they are: the table, the curves, the devices, the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widget import Widget

from iqa_tui.panels.curves import Curves
from iqa_tui.panels.gpu import GpuPanel
from iqa_tui.panels.log_tail import LogPanel
from iqa_tui.panels.notes import Notes
from iqa_tui.panels.run_list import RunList
from iqa_tui.screens.monitor_curves import CurvesRoom
from iqa_tui.screens.monitor_devices import DevicesRoom
from iqa_tui.screens.monitor_heights import LEAST_RUNS, set_height, top_heights
from iqa_tui.screens.monitor_log import LogRoom
from iqa_tui.screens.monitor_pages import PagesRoom
from iqa_tui.screens.monitor_runs import RunsRoom
from iqa_tui.screens.room import ScreenAsked, Session
from iqa_tui.widgets.row_table import RowTable

TICK_SECONDS = 5.0
"""How often times left and ages are computed again while nothing else happens."""
TICKS_WITHOUT_CHANGE = 12
"""If all runs are over, only what is said of the past changes: it is computed again at every twelfth tick."""


class MonitorScreen(LogRoom, DevicesRoom, CurvesRoom, PagesRoom, RunsRoom):
    """One look says how the ablation goes."""

    ROOM = "monitor"
    AUTO_FOCUS = "#runs"
    TURNS: ClassVar[Mapping[str, str]] = {
        "runs": "runs",
        "filter": "runs",
        "gpus": "gpus",
        "curves": "curves",
        "log": "log",
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("z", "zoom", "full screen"),
        Binding("e", "export", "export"),
        Binding("escape", "back", "back", show=False),
        Binding("tab", "next_panel(1)", "next panel"),
        Binding("shift+tab", "next_panel(-1)", "previous panel", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session, classes="-log-hidden")
        self._zoomed_from: Widget | None = None
        """What has the focus again after the full screen."""
        self._ticks = 0

    def compose_body(self) -> ComposeResult:
        with Container(id="top"):
            yield RunList()
            yield GpuPanel()
        yield Notes(id="why")
        yield Curves(ascii_mode=self.session.ascii_mode, has_signs=self.session.has_signs)
        yield LogPanel(has_signs=self.session.has_signs)

    def on_mount(self) -> None:
        self.set_interval(TICK_SECONDS, self._tick)
        self.set_interval(TICK_SECONDS, self.watch_devices)

    def _tick(self) -> None:
        self._ticks += 1
        if self._ticks % TICKS_WITHOUT_CHANGE == 0 or not all(state.phase.is_over for state in self.runs):
            self.watch_runs()

    # What is drawn

    def runs_changed(self) -> None:
        if not self.reading:  # else some runs are not there yet
            self.view = self.view.pruned_to(self.runs)
        self.show_runs()
        self.ask_for_log()  # another thread reads it while the curves are made
        self.fit_top()
        self.show_curves()
        self.show_log()

    def devices_changed(self) -> None:
        if self.devices is None:
            return
        self.show_devices()
        if any(state.run_id in self.devices.waiting for state in self.runs):
            self.runs_changed()
        self.fit_top()

    def body_resized(self) -> None:
        gpus, is_flat = self.query_one(GpuPanel), self.has_class("-flat")
        gpus.set_compact(self.has_class("-narrow") and not is_flat)
        gpus.can_focus = is_flat  # a panel that is always in sight needs none
        if gpus.has_focus and not is_flat:
            self.query_one(RunList).focus()
        self.show_title()
        self.fit_top()
        self.show_log()

    def fit_top(self) -> None:
        """Give table and devices the lines that they need, so that the curves get the rest."""
        runs, gpus = self.query_one(RunList), self.query_one(GpuPanel)
        if self.has_class("-flat"):
            self.top_height = LEAST_RUNS
            for widget in (runs, gpus, self.query_one("#top")):
                set_height(widget, None)
            return
        wide = self.has_class("-wide")
        heights = top_heights(self.size.height, len(runs.row_keys) + 1, self.device_lines, wide=wide)
        self.top_height = heights.top
        for widget, height in ((gpus, heights.gpus), (runs, heights.runs), (self.query_one("#top"), heights.top)):
            set_height(widget, height)

    # What the user does

    def on_row_table_cursor_moved(self, message: RowTable.CursorMoved) -> None:
        message.stop()
        self.show_curves()
        self.show_log()

    def action_zoom(self) -> None:
        """Give the whole screen to the focused panel (to the curves, from the table), or take it back."""
        if self.has_class("-zoomed"):
            self._unzoom()
            return
        self._zoomed_from = self.focused
        panel = self.focused if isinstance(self.focused, Curves | LogPanel) else self.query_one(Curves)
        self.before_focus(panel)
        panel.add_class("-zoom")
        self.add_class("-zoomed")
        panel.focus()

    def _unzoom(self) -> None:
        self.remove_class("-zoomed")
        for panel in self.query(".-zoom"):
            panel.remove_class("-zoom")
        (self._zoomed_from or self.query_one(RunList)).focus()

    def focus_order(self) -> list[Widget]:
        gpus = [self.query_one(GpuPanel)] if self.has_class("-flat") and not self.view.folded else []
        return [self.query_one(RunList), *gpus, self.query_one(Curves), self.query_one(LogPanel)]

    def before_focus(self, widget: Widget) -> None:
        """In the narrow form curves and log take turns."""
        if isinstance(widget, Curves | LogPanel):
            self.set_class(isinstance(widget, Curves), "-log-hidden")
            self.set_class(isinstance(widget, LogPanel), "-curves-hidden")
        if self.has_class("-zoomed"):
            self._unzoom()

    def action_back(self) -> None:
        """Out of the full screen, else out of the filter."""
        if self.has_class("-zoomed"):
            self._unzoom()
        elif self.query("#filter") or self.view.filter:
            self.filter_by("")
            self.close_filter()

    def action_export(self) -> None:
        state = self.run_under_cursor()
        self.post_message(ScreenAsked("export", state.group if state else None))
