"""The log of the run under the cursor."""

from __future__ import annotations

from iqa_tui.monitor import run_words
from iqa_tui.monitor.log_tail import LogText
from iqa_tui.monitor.state import RunState
from iqa_tui.widgets.log_view import LogView
from training.runfolder.phase import Phase


class LogPanel(LogView):
    """Follows its end until the user scrolls up."""

    def __init__(self) -> None:
        super().__init__(id="log", classes="panel")
        self.border_title = "Log"

    def show_log(self, state: RunState | None, text: LogText) -> None:
        """The log of this run, or why there is none."""
        if state is None:
            self.show("", ())
            return
        empty = "It waits for a device; its output begins when it starts." if state.phase is Phase.QUEUED else ""
        name = run_words.run_name(state)
        if state.status.attempt > 1:
            name += f" · attempt {state.status.attempt}"
        self.show(name, text.lines, empty or "No output yet.")
