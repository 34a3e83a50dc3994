"""The part of the monitor screen that shows the log of the run under the cursor, and why that run is as it is."""

from __future__ import annotations

import shlex
from typing import ClassVar

from textual.binding import Binding, BindingType

from iqa_tui.messages import LogChanged
from iqa_tui.monitor import run_words
from iqa_tui.monitor.log_tail import LogText
from iqa_tui.monitor.state import RunState
from iqa_tui.panels.log_tail import LogPanel
from iqa_tui.panels.notes import Notes
from iqa_tui.panels.run_list import RunList
from iqa_tui.screens.monitor_heights import notes_height, set_height
from iqa_tui.screens.viewing import ViewingRoom
from iqa_tui.widgets.key_bar import KeyBar

WHY_PADDING = 4


class LogRoom(ViewingRoom):
    """The log follows the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "copy", "copy", show=False)]

    top_height = 0
    """Lines of the table and the devices, see `TopHeights`."""

    def watch_log_message(self) -> None:
        if self.can_draw:
            self.show_log()

    def show_log(self) -> None:
        state = self.followed_run()
        message: LogChanged | None = self.log_message
        text = message.text if message and state and message.run_id == state.run_id else LogText()
        self.query_one(LogPanel).show_log(state, text)
        self.show_why(self.run_under_cursor())
        self.query_one(KeyBar).redraw()

    def show_why(self, state: RunState | None) -> None:
        """What the numbers of a run cannot say: in the table's border, or below it if that is too narrow."""
        wait = self.devices.waiting.get(state.run_id) if self.devices and state else None
        note = run_words.note_words(state, wait.words if wait else "") if state else ""
        table, why = self.query_one(RunList), self.query_one("#why", Notes)
        stands_in_border = table.has_room_for_note(note)
        table.set_note(note if stands_in_border else "")
        why.show([] if stands_in_border else [(note, "")])
        wanted = 0 if stands_in_border else why.lines_wanted(self.size.width - WHY_PADDING)
        set_height(why, notes_height(self.size.height, self.top_height, wanted))

    def action_copy(self) -> None:
        """The lowest line of the log if that is focused, else the command of the run under the cursor."""
        state = self.run_under_cursor()
        log = self.query_one(LogPanel)
        if self.focused is log:
            self.copy(log.lowest_line, "log line")
        elif state is not None and state.spec is not None:
            argv = [word.replace("{run_folder}", str(state.run.path)) for word in state.spec.argv]
            self.copy(shlex.join(argv), "command")
