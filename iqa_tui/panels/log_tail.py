"""The log of the run under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iqa_tui.monitor import run_words
from iqa_tui.monitor.log_text import LogText, LogWish
from iqa_tui.widgets.log_tool import LogTool
from iqa_tui.widgets.palette import series_sign, series_style
from training.runfolder.phase import Phase

if TYPE_CHECKING:
    from iqa_tui.monitor.expression import Expression
    from iqa_tui.monitor.log_pattern import LogPattern
    from iqa_tui.monitor.state import RunState


def _empty_words(state: RunState) -> str:
    """Why nothing is printed."""
    if state.phase is Phase.QUEUED:
        return "It waits for a device; its output begins when it starts."
    return "It printed nothing." if state.phase.is_over else "No output yet."


class LogPanel(LogTool):
    """Follows its end until the user scrolls up."""

    def __init__(self, *, has_signs: bool = False) -> None:
        """Args:
        has_signs: its run has the sign of its curve in the title, as there may be no colours.
        """
        super().__init__(id="log", classes="panel")
        self.border_title = "Log"
        self._has_signs = has_signs
        self._run_id = "output"

    def show_log(self, state: RunState | None, text: LogText, look: int | None = None, name: str = "") -> None:
        """The log of this run, or why there is none.

        Args:
            name: of the run in the title; empty: its usual one.
            look: of the run, as at its curve.
        """
        if state is None:
            self.show("", LogText())
            return
        self._run_id = state.run_id
        name = name or run_words.run_name(state)
        if look is not None and self._has_signs:
            name = f"{series_sign(look)} {name}"
        if state.status.attempt > 1:
            name += f" · attempt {state.status.attempt}"
        if state.shows_job_output:
            name += " · its job"
        is_mine = text.search is not None and text.search.pattern == self._pattern()
        self.show_hits(text.search if is_mine else None, text.hits if is_mine else 0, text.searched_share)
        style = "" if look is None else series_style(look)
        self.show(name, text, _empty_words(state), style, log=f"{state.run_id}/{state.output}")

    @property
    def wish(self) -> LogWish:
        """What is to be read of the log."""
        return LogWish(self.wanted, self._pattern())

    def _pattern(self) -> LogPattern | None:
        words = self.searched_words
        if not words:
            return None
        from iqa_tui.monitor.log_pattern import TROUBLES, log_pattern  # noqa: PLC0415  after the first paint

        return TROUBLES if words == TROUBLES.words else log_pattern(words)

    def pattern_of(self, words: str) -> Expression | None:
        from iqa_tui.monitor.log_pattern import log_pattern  # noqa: PLC0415  after the first paint

        try:
            return log_pattern(words).expression
        except ValueError as error:
            self.notify(str(error), severity="error", markup=False)
            return None

    def trouble(self) -> tuple[str, Expression]:
        from iqa_tui.monitor.log_pattern import TROUBLES  # noqa: PLC0415  after the first paint

        return TROUBLES.words, TROUBLES.expression

    def suggested_name(self) -> str:
        return f"{self._run_id}.log.txt"
