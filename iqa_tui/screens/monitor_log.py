"""The part of the monitor screen that shows the log of the run under the cursor, and why that run is as it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from iqa_tui.monitor import run_words
from iqa_tui.monitor.colours import colours_of
from iqa_tui.monitor.log_text import LogText, line_words
from iqa_tui.panels.log_tail import LogPanel
from iqa_tui.panels.notes import Notes
from iqa_tui.panels.run_list import RunList
from iqa_tui.screens.monitor_heights import notes_height, set_height
from iqa_tui.screens.viewing import ViewingRoom
from iqa_tui.widgets.canvas import wrapped
from iqa_tui.widgets.key_bar import KeyBar

if TYPE_CHECKING:
    from iqa_tui.messages import LogChanged
    from iqa_tui.monitor.state import RunState

WHY_PADDING = 4
MOST_COPIED_BYTES = 72 << 10
"""Terminals take 100,000 characters of base64, tmux and screen among them."""


class LogRoom(ViewingRoom):
    """The log follows the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "copy", "copy", show=False)]

    top_height = 0
    """Lines of the table and the devices, see `TopHeights`."""
    _looks_of: tuple[tuple[RunState, ...], dict[str, int]] = ((), {})

    def watch_log_message(self) -> None:
        if self.can_draw:
            self._show_text()

    def show_log(self) -> None:
        """The log of the run under the cursor, and what else changes with that run."""
        self._show_text()
        self.show_why(self.run_under_cursor())
        self.query_one(KeyBar).redraw()

    def _show_text(self) -> None:
        message: LogChanged | None = self.log_message
        is_its = message is not None and message.output == self.output
        state = self.followed_run()
        text = message.text if message and is_its else LogText()
        look, name = (self._looks().get(state.run_id), self._log_name(state)) if state else (None, "")
        self.query_one(LogPanel).show_log(state, text, look, name)
        self.ask_for_log()

    def _log_name(self, state: RunState) -> str:
        """In a narrow terminal the short one, so that the title has room for what was found."""
        if self.has_class("-wide"):
            return self.name_of(state)
        return run_words.short_names(other for other in self.runs if other.group == state.group)[state.run_id]

    def _looks(self) -> dict[str, int]:
        """Of all runs; a log that grows changes none."""
        if self._looks_of[0] is not self.runs:
            self._looks_of = (self.runs, colours_of(self.runs))
        return self._looks_of[1]

    @property
    def output(self) -> Path | None:
        """The log of the run under the cursor; None if it was never started."""
        state = self.followed_run()
        return state.output if state else None

    def ask_for_log(self) -> None:
        self.session.read_log(self.output, self.query_one(LogPanel).wish)

    def on_log_view_wanted(self, message: LogPanel.Wanted) -> None:
        message.stop()
        self.ask_for_log()

    def on_log_tool_searched(self, message: LogPanel.Searched) -> None:
        message.stop()
        self.ask_for_log()

    def on_log_tool_save_asked(self, message: LogPanel.SaveAsked) -> None:
        message.stop()
        from iqa_tui.screens.saving_log import LogPiece, save_piece  # noqa: PLC0415  after the first paint

        if self.output is not None:
            save_piece(self, LogPiece(self.output, Path(message.name), message.first, message.end))

    def show_why(self, state: RunState | None) -> None:
        """What the numbers of a run cannot say: in the table's border, or below it if that is too narrow.

        There is room for the longest such text of all rows, so that nothing moves when the cursor does.
        """
        note = self._note_of(state)
        table, why = self.query_one(RunList), self.query_one("#why", Notes)
        stands_in_border = table.has_room_for_note(note)
        table.set_note(note if stands_in_border else "")
        why.show([] if stands_in_border else [(note, "")])
        notes = {self._note_of(row.run) for row in table.rows if row.run}
        width = self.size.width - WHY_PADDING
        wanted = max((len(wrapped(text, width)) for text in notes if not table.has_room_for_note(text)), default=0)
        set_height(why, notes_height(self.room_height, self.top_height, wanted))

    def _note_of(self, state: RunState | None) -> str:
        if state is None:
            return ""
        wait = self.devices.waiting.get(state.run_id) if self.devices else None
        return run_words.note_words(state, wait.words if wait else "")

    def action_copy(self) -> None:
        """Lines of the log if that is focused, else the command of the run under the cursor."""
        state = self.run_under_cursor()
        log = self.query_one(LogPanel)
        if self.focused is log:
            self._copy_log(log)
        elif state is not None and state.spec is not None:
            self.copy(run_words.command_words(state), "command")

    def _copy_log(self, log: LogPanel) -> None:
        """The marked lines, else the lowest one."""
        lines = log.marked_lines()
        if log.marked is None:
            self.copy(log.lowest_line, "log line")
        elif lines is None or sum(len(line.encode()) + 1 for line in lines) > MOST_COPIED_BYTES:
            self.notify(
                f"These are more lines than a terminal's clipboard takes ({MOST_COPIED_BYTES >> 10} KiB). "
                "Mark fewer, or press s to save them in a file.",
                severity="warning",
            )
        else:
            self.app.copy_lines(lines)  # type: ignore[attr-defined]  # as the app is ours
            log.end_selection()
            warning = " A shell would run each as a command." if len(lines) > 1 else ""
            self.notify(f"Copied {line_words(len(lines))} of the log, as plain text.{warning}")
