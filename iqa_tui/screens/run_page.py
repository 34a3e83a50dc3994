"""All that is known of one run: how it was set, its attempts, files, curves, images."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widget import Widget

from iqa_tui.monitor import run_words
from iqa_tui.monitor.curve_view import CurveView
from iqa_tui.monitor.run_details import RunDetails, read_details
from iqa_tui.monitor.run_facts import page_sections
from iqa_tui.monitor.state import RunState
from iqa_tui.panels.curves import Curves
from iqa_tui.panels.facts import Facts
from iqa_tui.panels.images import PredictionPlot, WorstImages
from iqa_tui.screens.curve_keys import CurveKeysRoom
from iqa_tui.screens.pages import Page
from iqa_tui.screens.room import ScreenAsked, Session
from training.runfolder.phase import Phase

READ_AGAIN_SECONDS = 5.0
"""How often the files of a run that changes are looked at."""


class RunPage(CurveKeysRoom, Page):
    """Of the run that was under the cursor."""

    ROOM = "run"
    AUTO_FOCUS = "#facts"
    TURNS: ClassVar[Mapping[str, str]] = {"facts": "facts", "curves": "pictures", "predictions": "pictures"}

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("K", "stop_run", "stop"),
        Binding("R", "retry_run", "retry"),
        Binding("h", "hold_run", "hold or release a queued run"),
        Binding("p", "priority_run", "next priority of a queued run"),
        Binding("e", "export", "export"),
        Binding("y", "copy_command", "copy its command"),
    ]

    def __init__(self, session: Session, run_id: str, curves: CurveView) -> None:
        """Args:
        curves: how the user looks at curves.
        """
        super().__init__(session, (run_id,))
        self._curves = curves
        self._details = RunDetails()
        self._seen: RunState | None = None
        self._read_at = -READ_AGAIN_SECONDS

    def compose_body(self) -> ComposeResult:
        with Container(id="page"):
            yield Facts(id="facts")
            with Container(id="pictures"):
                yield Curves(ascii_mode=self.session.ascii_mode, has_signs=self.session.has_signs)
                with Container(id="images"):
                    yield PredictionPlot(ascii_mode=self.session.ascii_mode)
                    yield WorstImages()

    def runs_changed(self) -> None:
        state = self.run_under_cursor()
        if state is None:
            self.query_one(Facts).set_title(f"{self.run_ids[0]} · its folder is gone")
            return
        self._show(state)

    def devices_changed(self) -> None:
        """Why it waits may have changed."""
        state = self.run_under_cursor()
        if state is not None and state.phase is Phase.QUEUED:
            self._show(state)

    def looked(self) -> None:
        """Read its files again some time after it changed, though it may not change any more."""
        state = self.run_under_cursor()
        if state is None or state is self._seen or time.monotonic() < self._read_at + READ_AGAIN_SECONDS:
            return
        self._seen, self._read_at = state, time.monotonic()
        self.run_worker(lambda: self._read(state), thread=True, group="details", exclusive=True)

    def _read(self, state: RunState) -> None:
        """In a thread."""
        details = read_details(state)
        if self.app.is_running:
            self.app.call_from_thread(self._take, details)

    def _take(self, details: RunDetails) -> None:
        self._details = details
        state = self.run_under_cursor()
        if state is not None and self.can_draw:
            self._show(state)

    def _show(self, state: RunState) -> None:
        colour = self.colours.get(state.run_id, 0)
        facts = self.query_one(Facts)
        facts.set_title(self.name_of(state))
        wait = self.devices.waiting.get(state.run_id) if self.devices else None
        facts.show(page_sections(state, self._details, wait.words if wait else ""))
        self.query_one(Curves).show_runs([(state, colour)], self._curves, state.run_id)
        self.query_one(PredictionPlot).show_images(self._details.images, colour)
        self.query_one(WorstImages).show_images(self._details.images)

    @property
    def curve_view(self) -> CurveView:
        return self._curves

    def look_at_curves(self, curves: CurveView) -> None:
        self._curves = curves
        state = self.run_under_cursor()
        if state is not None:
            self.query_one(Curves).show_runs([(state, self.colours.get(state.run_id, 0))], curves, state.run_id)

    def curve_states(self) -> Sequence[RunState]:
        state = self.run_under_cursor()
        return [state] if state is not None else []

    def focus_order(self) -> list[Widget]:
        return [self.query_one(Facts), self.query_one(Curves), self.query_one(PredictionPlot)]

    def before_focus(self, widget: Widget) -> None:
        """In the narrow form curves and images take turns below the facts."""
        self.set_class(isinstance(widget, PredictionPlot), "-images")

    def action_export(self) -> None:
        state = self.run_under_cursor()
        self.post_message(ScreenAsked("export", state.group if state else None))

    def action_copy_command(self) -> None:
        state = self.run_under_cursor()
        if state is not None and state.spec is not None:
            self.copy(run_words.command_words(state), "command")
