"""The runs as they are: the table, the curves, the devices, the log."""

from __future__ import annotations

import shlex
import time
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widget import Widget

from iqa_tui.messages import LogChanged
from iqa_tui.monitor import run_words
from iqa_tui.monitor.log_tail import LogText
from iqa_tui.monitor.newest_group import newest_group_words
from iqa_tui.monitor.state import RunState
from iqa_tui.monitor.view import CurveView, MonitorView
from iqa_tui.panels.curves import Curves
from iqa_tui.panels.gpu import GpuPanel
from iqa_tui.panels.log_tail import LogPanel
from iqa_tui.panels.notes import Notes
from iqa_tui.panels.run_list import RunList
from iqa_tui.screens.filtering import FilteringRoom
from iqa_tui.screens.monitor_heights import notes_height, set_height, top_heights
from iqa_tui.screens.orders import OrdersRoom
from iqa_tui.screens.room import ScreenAsked, Session
from iqa_tui.widgets.key_bar import KeyBar
from iqa_tui.widgets.row_table import RowTable

WHY_PADDING = 4
TICK_SECONDS = 5.0
"""How often times left and ages are computed again while nothing else happens."""


class MonitorScreen(FilteringRoom, OrdersRoom):
    """One look says how the ablation goes."""

    ROOM = "monitor"
    AUTO_FOCUS = "#runs"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "select"),
        Binding("slash", "filter", "filter", key_display="/"),
        Binding("K", "stop_run", "stop"),
        Binding("R", "retry_run", "retry"),
        Binding("h", "hold_run", "hold or release a queued run"),
        Binding("p", "priority_run", "next priority of a queued run"),
        Binding("c", "other_curve", "curve"),
        Binding("plus,equals_sign", "smooth(1)", "smooth", key_display="+/-"),
        Binding("minus", "smooth(-1)", "less smooth", show=False),
        Binding("l", "other_scale", "log", key_display="l"),
        Binding("enter", "zoom", "full screen", key_display="⏎"),
        Binding("x", "other_axis", "steps/time", show=False),
        Binding("g", "fold_devices", "GPUs"),
        Binding("a", "mark_all", "select all or none", show=False),
        Binding("e", "export", "export"),
        Binding("y", "copy", "copy", show=False),
        Binding("escape", "back", "back", show=False),
        Binding("tab", "next_panel(1)", "next panel", show=False),
        Binding("shift+tab", "next_panel(-1)", "previous panel", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session, classes="-log-hidden")
        self._view = MonitorView()
        self._top_height = 0

    def compose_body(self) -> ComposeResult:
        with Container(id="top"):
            yield RunList()
            yield GpuPanel()
        yield Notes(id="why")
        yield Curves(ascii_mode=self.session.ascii_mode)
        yield LogPanel()

    def on_mount(self) -> None:
        super().on_mount()
        self.set_interval(TICK_SECONDS, self.watch_runs)
        self.set_interval(TICK_SECONDS, self.watch_devices)

    # What is drawn

    def run_under_cursor(self) -> RunState | None:
        key = self.query_one(RunList).cursor_key
        return next((state for state in self.runs if state.run_id == key), None)

    def runs_changed(self) -> None:
        self._view = self._view.pruned_to(self.runs)
        ordered = self._view.passing(self.runs)
        table = self.query_one(RunList)
        is_first_look = not table.row_keys
        table.show_runs(
            ordered,
            [] if self._view.filter else run_words.recorded_rows(ordered),
            waiting={run_id: wait.words for run_id, wait in self.devices.waiting.items()} if self.devices else {},
            colours=self._view.colours,
            now=time.time(),
            empty=self._empty_words(),
        )
        if is_first_look and ordered:  # on what happens now, rather than on a recorded row
            table.move_to(next((state for state in ordered if state.phase.is_alive), ordered[0]).run_id)
        self._show_title()
        self._fit_top()
        self._show_curves()
        self._show_log()

    def _show_title(self) -> None:
        """What the user looks for, or how far the newest group is."""
        waiting = self.devices.waiting if self.devices else {}
        words = newest_group_words(self.runs, waiting, time.time(), short=self.has_class("-narrow"))
        if self.problem:
            words = f"as they were last: {self.problem}"
        elif self._view.filter:
            words = f"matching “{self._view.filter}”"
        self.query_one(RunList).set_title(f"Runs · {words}" if words else "Runs")

    def devices_changed(self) -> None:
        if self.devices is None:
            return
        names = {state.run_id: run_words.run_name(state) for state in self.runs}
        panel = self.query_one(GpuPanel)
        panel.show(self.devices.survey, self.devices.host, self.devices.utilisation, names, time.time())
        if any(state.run_id in self.devices.waiting for state in self.runs):
            self.runs_changed()
        self._fit_top()

    def watch_log_message(self) -> None:
        if self.can_draw:
            self._show_log()

    def _show_curves(self) -> None:
        under_cursor = self.run_under_cursor()
        drawn = self._view.drawn(self.runs, under_cursor)
        self.query_one(Curves).show_runs(drawn, self._view.curves, under_cursor.run_id if under_cursor else None)

    def _show_log(self) -> None:
        state = self.run_under_cursor()
        message: LogChanged | None = self.log_message
        text = message.text if message and state and message.run_id == state.run_id else LogText()
        self.query_one(LogPanel).show_log(state, text)
        self._show_why(state)
        self.query_one(KeyBar).redraw()

    def _show_why(self, state: RunState | None) -> None:
        """What the numbers of a run cannot say: in the table's border, or below it if that is too narrow."""
        wait = self.devices.waiting.get(state.run_id) if self.devices and state else None
        note = run_words.note_words(state, wait.words if wait else "") if state else ""
        table, why = self.query_one(RunList), self.query_one("#why", Notes)
        stands_in_border = table.has_room_for_note(note)
        table.set_note(note if stands_in_border else "")
        why.show([] if stands_in_border else [(note, "")])
        wanted = 0 if stands_in_border else why.lines_wanted(self.size.width - WHY_PADDING)
        set_height(why, notes_height(self.size.height, self._top_height, wanted))

    def _empty_words(self) -> list[str]:
        if self.problem:
            return [self.problem]
        if self._view.filter:
            return [f"No run matches “{self._view.filter}”. Escape shows all again."]
        return [
            f"No runs in {self.session.runs_dir} yet.",
            "",
            "Press 1, then enter: that launches the demo on whatever is here.",
            "Or choose another plan there. Runs go on when this app is closed.",
        ]

    def body_resized(self) -> None:
        self.query_one(GpuPanel).set_compact(self.has_class("-narrow"))
        self._show_title()
        self._fit_top()
        self._show_why(self.run_under_cursor())

    def _fit_top(self) -> None:
        """Give table and devices the lines that they need, so that the curves get the rest."""
        runs, gpus = self.query_one(RunList), self.query_one(GpuPanel)
        device_lines = 0 if self._view.folded else gpus.lines_wanted(max(10, gpus.size.width or 44))
        heights = top_heights(self.size.height, len(runs.row_keys) + 1, device_lines, wide=self.has_class("-wide"))
        self._top_height = heights.top
        for widget, height in ((gpus, heights.gpus), (runs, heights.runs), (self.query_one("#top"), heights.top)):
            set_height(widget, height)

    # What the user does

    def on_row_table_cursor_moved(self, message: RowTable.CursorMoved) -> None:
        message.stop()
        self.session.follow(message.key)
        self._show_curves()
        self._show_log()

    def on_row_table_row_clicked(self, message: RowTable.RowClicked) -> None:
        message.stop()
        self.action_mark()

    def action_mark(self) -> None:
        """Choose the run under the cursor for the curves, or no longer."""
        state = self.run_under_cursor()
        if state is not None:
            self._look(self._view.mark(state.run_id))

    def action_mark_all(self) -> None:
        self._look(self._view.mark_all(self._view.passing(self.runs)))

    def _look(self, view: MonitorView) -> None:
        self._view = view
        self.runs_changed()

    def action_other_curve(self) -> None:
        self._look_at_curves(self._view.curves.other_kind())

    def action_other_axis(self) -> None:
        self._look_at_curves(self._view.curves.other_axis())

    def action_other_scale(self) -> None:
        """Linear or logarithmic losses."""
        self._look_at_curves(self._view.curves.other_scale())

    def action_smooth(self, steps: int) -> None:
        self._look_at_curves(self._view.curves.smoother(steps))

    def _look_at_curves(self, curves: CurveView) -> None:
        self._view = replace(self._view, curves=curves)
        self._show_curves()

    def action_fold_devices(self) -> None:
        self._view = replace(self._view, folded=not self._view.folded)
        self.query_one(GpuPanel).display = not self._view.folded
        self._fit_top()

    def action_zoom(self) -> None:
        """Give the whole screen to the focused panel (to the curves, from the table), or take it back."""
        if self.has_class("-zoomed"):
            self._unzoom()
            return
        panel = self.focused if isinstance(self.focused, Curves | LogPanel) else self.query_one(Curves)
        panel.add_class("-zoom")
        self.add_class("-zoomed")
        panel.focus()

    def _unzoom(self) -> None:
        self.remove_class("-zoomed")
        for panel in self.query(".-zoom"):
            panel.remove_class("-zoom")
        self.query_one(RunList).focus()

    def focus_order(self) -> list[Widget]:
        return [self.query_one(RunList), self.query_one(Curves), self.query_one(LogPanel)]

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
        elif self.query("#filter") or self._view.filter:
            self.filter_by("")
            self.close_filter()

    @property
    def filter_words(self) -> str:
        return self._view.filter

    def filter_by(self, words: str) -> None:
        self._look(self._view.with_filter(words))

    def filter_closed(self) -> None:
        self.query_one(RunList).focus()

    def action_export(self) -> None:
        state = self.run_under_cursor()
        self.post_message(ScreenAsked("export", state.group if state else None))

    def action_copy(self) -> None:
        """The lowest line of the log if that is focused, else the command of the run under the cursor."""
        state = self.run_under_cursor()
        log = self.query_one(LogPanel)
        if self.focused is log:
            self.copy(log.lowest_line, "log line")
        elif state is not None and state.spec is not None:
            argv = [word.replace("{run_folder}", str(state.run.path)) for word in state.spec.argv]
            self.copy(shlex.join(argv), "command")
