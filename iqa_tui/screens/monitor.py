"""The runs as they are: the table, the curves, the devices, the log."""

from __future__ import annotations

import importlib
import shlex
import time
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widget import Widget

from iqa_tui.messages import LogChanged
from iqa_tui.monitor import run_words
from iqa_tui.monitor.group import group_progress, starting_next
from iqa_tui.monitor.log_tail import LogText
from iqa_tui.monitor.state import RunState
from iqa_tui.monitor.trainer_code import code_note
from iqa_tui.panels.curves import Curves, View
from iqa_tui.panels.gpu import GpuPanel
from iqa_tui.panels.log_tail import LogPanel
from iqa_tui.panels.notes import Notes
from iqa_tui.panels.run_list import RunList
from iqa_tui.screens.orders import OrdersRoom, order_hint
from iqa_tui.screens.room import ScreenAsked, Session
from iqa_tui.widgets.key_bar import KeyBar
from iqa_tui.widgets.palette import SERIES
from iqa_tui.widgets.row_table import RowTable

if TYPE_CHECKING:
    from textual.widgets import Input

WHY_PADDING = 4
BARS_HEIGHT = 2
MOST_NOTE_LINES = 5
"""The longest cause takes this many in 80 columns."""
LEAST_CURVES_HEIGHT = 3
TICK_SECONDS = 5.0
"""How often times left and ages are counted anew while nothing else happens."""


class MonitorScreen(OrdersRoom):
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
        self._view = View()
        self._colours: dict[str, int] = {}
        """Chosen runs and the colours of their curves, in the order in which they were chosen."""
        self._filter = ""
        self._folded = False
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

    def _ordered(self) -> list[RunState]:
        """The runs that pass the filter, in plan order."""
        wanted = self._filter.casefold().split()
        return [
            state for state in run_words.in_plan_order(self.runs) if all(word in _searched(state) for word in wanted)
        ]

    def _run_under_cursor(self) -> RunState | None:
        key = self.query_one(RunList).cursor_key
        return next((state for state in self.runs if state.run_id == key), None)

    def runs_changed(self) -> None:
        alive = {state.run_id for state in self.runs}
        self._colours = {run_id: colour for run_id, colour in self._colours.items() if run_id in alive}
        ordered = self._ordered()
        table = self.query_one(RunList)
        is_first_look = not table.row_keys
        table.show_runs(
            ordered,
            [] if self._filter else run_words.recorded_rows(ordered),
            waiting={run_id: wait.words for run_id, wait in self.devices.waiting.items()} if self.devices else {},
            colours=self._colours,
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
        """What is looked for, or how far the newest group is."""
        ordered = run_words.in_plan_order(self.runs)
        title = "Runs"
        if self.problem:
            title = f"Runs · as they were last: {self.problem}"
        elif self._filter:
            title = f"Runs · matching “{self._filter}”"
        elif ordered:
            members = [state for state in ordered if state.group == ordered[0].group]
            starting = starting_next(members, self.devices.waiting) if self.devices else 0
            note = " · trainer code differs" if code_note(members) else ""
            progress = group_progress(members, time.time(), starting)
            title = f"Runs · {progress.short_words if self.has_class('-narrow') else progress.words}{note}"
        self.query_one(RunList).set_title(title)

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
        by_id = {state.run_id: state for state in self.runs}
        chosen = [(by_id[run_id], colour) for run_id, colour in self._colours.items()]
        under_cursor = self._run_under_cursor()
        if not chosen and under_cursor is not None:
            chosen = [(under_cursor, 0)]
        self.query_one(Curves).show_runs(chosen, self._view)

    def _show_log(self) -> None:
        state = self._run_under_cursor()
        message: LogChanged | None = self.log_message
        text = message.text if message and state and message.run_id == state.run_id else LogText()
        self.query_one(LogPanel).show_log(state, text)
        self._show_why(state)
        self.query_one(KeyBar).redraw()

    def key_hint(self, action: str, description: str) -> str:
        return order_hint(action, description, self._run_under_cursor())

    def _show_why(self, state: RunState | None) -> None:
        """What the numbers of a run cannot say: in the table's border, or below it where that is too narrow."""
        wait = self.devices.waiting.get(state.run_id) if self.devices and state else None
        note = run_words.note_words(state, wait.words if wait else "") if state else ""
        table, why = self.query_one(RunList), self.query_one("#why", Notes)
        stands_in_border = table.has_room_for_note(note)
        table.set_note(note if stands_in_border else "")
        why.show([] if stands_in_border else [(note, "")])
        wanted = 0 if stands_in_border else why.lines_wanted(self.size.width - WHY_PADDING)
        room = self.size.height - BARS_HEIGHT - self._top_height - LEAST_CURVES_HEIGHT
        _set_height(why, max(0, min(wanted, MOST_NOTE_LINES, room)))

    def _empty_words(self) -> list[str]:
        if self.problem:
            return [self.problem]
        if self._filter:
            return [f"No run matches “{self._filter}”. Escape shows all again."]
        return [
            f"No runs in {self.session.runs_dir} yet.",
            "",
            "Press 1, then enter: that launches the demo on whatever is here.",
            "Or choose another plan there. Runs go on when this app is closed.",
        ]

    def body_resized(self) -> None:
        self.query_one(GpuPanel).compact = self.has_class("-narrow")
        self._fit_top()
        self._show_why(self._run_under_cursor())

    def _fit_top(self) -> None:
        """Give table and devices the lines that they need, so that the curves get the rest."""
        runs, gpus = self.query_one(RunList), self.query_one(GpuPanel)
        height = self.size.height
        rows = max(len(runs.row_keys) + 1, 5)
        wide = self.has_class("-wide")
        device_lines = 0 if self._folded else gpus.lines_wanted(max(10, gpus.size.width or 44))
        if wide:
            self._top_height = max(6, min(max(rows, device_lines) + 2, height * 45 // 100))
            _set_height(self.query_one("#top"), self._top_height)
            return
        gpu_height = min(device_lines + 2, height // 3) if device_lines else 0
        run_height = max(5, min(rows + 2, (height - gpu_height) * 45 // 100))
        self._top_height = run_height + gpu_height
        _set_height(gpus, gpu_height)
        _set_height(runs, run_height)
        _set_height(self.query_one("#top"), self._top_height)

    # What a person does

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
        state = self._run_under_cursor()
        if state is None:
            return
        if self._colours.pop(state.run_id, None) is None:
            self._colours[state.run_id] = _free_colour(self._colours)
        self.runs_changed()

    def action_mark_all(self) -> None:
        shown = [state.run_id for state in self._ordered()]
        everything = all(run_id in self._colours for run_id in shown)
        self._colours = {}
        for run_id in [] if everything else shown:
            self._colours[run_id] = _free_colour(self._colours)
        self.runs_changed()

    def action_other_curve(self) -> None:
        self._look(self._view.other_curve())

    def action_other_axis(self) -> None:
        self._look(self._view.other_axis())

    def action_other_scale(self) -> None:
        """Linear or logarithmic losses."""
        self._look(self._view.other_scale())

    def action_smooth(self, steps: int) -> None:
        self._look(self._view.smoother(steps))

    def _look(self, view: View) -> None:
        self._view = view
        self._show_curves()

    def action_fold_devices(self) -> None:
        self._folded = not self._folded
        self.query_one(GpuPanel).display = not self._folded
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
        elif self.query("#filter") or self._filter:
            self._set_filter("")
            self._close_filter()

    async def action_filter(self) -> None:
        if not self.query("#filter"):
            widgets = importlib.import_module("textual.widgets")  # loads the input, which most never use here
            hint = "filter runs: id, loss, state, group …"
            await self.mount(widgets.Input(self._filter, placeholder=hint, id="filter", compact=True), before="KeyBar")
        self.query_one("#filter").focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._set_filter(event.value)

    def on_input_submitted(self) -> None:
        self._close_filter()

    def _set_filter(self, text: str) -> None:
        self._filter = text.strip()
        self.runs_changed()

    def _close_filter(self) -> None:
        self.query("#filter").remove()
        self.query_one(RunList).focus()

    def action_stop_run(self) -> None:
        self.ask_to_stop(self._run_under_cursor())

    def action_retry_run(self) -> None:
        self.retry(self._run_under_cursor())

    def action_hold_run(self) -> None:
        self.hold_or_release(self._run_under_cursor())

    def action_priority_run(self) -> None:
        self.next_priority(self._run_under_cursor())

    def action_export(self) -> None:
        state = self._run_under_cursor()
        self.post_message(ScreenAsked("export", state.group if state else None))

    def action_copy(self) -> None:
        """The lowest line of the log where that is focused, else the command of the run under the cursor."""
        state = self._run_under_cursor()
        log = self.query_one(LogPanel)
        if self.focused is log:
            self.copy(log.lowest_line, "log line")
        elif state is not None and state.spec is not None:
            argv = [word.replace("{run_folder}", str(state.run.path)) for word in state.spec.argv]
            self.copy(shlex.join(argv), "command")


def _searched(state: RunState) -> str:
    parts = (state.experiment, state.label, state.phase.value, state.group, state.run_id, state.device_label)
    return " ".join(parts).casefold()


def _free_colour(colours: dict[str, int]) -> int:
    """The first colour that no chosen run has; all taken: round again."""
    taken = set(colours.values())
    return next((colour for colour in range(SERIES) if colour not in taken), len(colours) % SERIES)


def _set_height(widget: Widget, height: int) -> None:
    """Laying out anew costs a repaint of everything, so only where the height differs."""
    current = widget.styles.height
    if current is None or current.value != height:
        widget.styles.height = height
