"""Two runs beside each other: what differs in their settings, code, versions and scores, and both curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widget import Widget

from iqa_tui.monitor.curve_view import CurveView
from iqa_tui.monitor.run_facts import comparison_sections
from iqa_tui.monitor.state import RunState
from iqa_tui.panels.curves import Curves
from iqa_tui.panels.facts import Facts
from iqa_tui.screens.curve_keys import CurveKeysRoom
from iqa_tui.screens.pages import Page
from iqa_tui.screens.room import Session


class ComparisonPage(CurveKeysRoom, Page):
    """Of two runs."""

    ROOM = "comparison"
    AUTO_FOCUS = "#facts"
    TURNS: ClassVar[Mapping[str, str]] = {"facts": "facts", "curves": "pictures"}

    BINDINGS: ClassVar[list[BindingType]] = [Binding("a", "everything", "all or what differs")]

    def __init__(self, session: Session, first: str, second: str, curves: CurveView) -> None:
        """Args:
        first, second: ids of runs.
        curves: how the user looks at curves.
        """
        super().__init__(session, (first, second))
        self._curves = replace(curves, is_banded=False)  # two seeds are compared, not averaged
        self._everything = False

    def compose_body(self) -> ComposeResult:
        with Container(id="page"):
            yield Facts(id="facts")
            with Container(id="pictures"):
                yield Curves(ascii_mode=self.session.ascii_mode, has_signs=self.session.has_signs)

    def runs_changed(self) -> None:
        shown, facts = self.shown_runs, self.query_one(Facts)
        if len(shown) < 2:
            facts.set_title("Comparison · the folder of a run is gone")
            return
        first, second = shown
        names = [self.name_of(state) for state in shown]
        if names[0] == names[1]:
            names = [f"{name} · {state.run_id}" for name, state in zip(names, shown, strict=True)]
        facts.set_title("Everything of both" if self._everything else "What differs · a shows all")
        facts.show(comparison_sections(first, second, everything=self._everything), names)
        self.look_at_curves(self._curves)

    @property
    def curve_view(self) -> CurveView:
        return self._curves

    def look_at_curves(self, curves: CurveView) -> None:
        self._curves = curves
        colours = self.colours
        drawn = [(state, colours.get(state.run_id, 0)) for state in self.shown_runs]
        self.query_one(Curves).show_runs(drawn, curves, drawn[0][0].run_id if drawn else None)

    def curve_states(self) -> Sequence[RunState]:
        return self.shown_runs

    def focus_order(self) -> list[Widget]:
        return [self.query_one(Facts), self.query_one(Curves)]

    def action_everything(self) -> None:
        """Show the settings that are the same, too, or only those that differ."""
        self._everything = not self._everything
        self.runs_changed()
