"""How the user looks at the runs: which of them, whose curves, in which colours. A change gives a new value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from iqa_tui.monitor.curve_view import CurveView
from iqa_tui.monitor.run_words import in_plan_order
from iqa_tui.monitor.state import RunState

COLOURS = 7
"""Curves that can be told apart: as many as the widgets' palette has colours for."""


@dataclass(frozen=True, slots=True)
class MonitorView:
    """Everything that the monitor screen remembers of its user."""

    filter: str = ""
    """Words that a run must have, each of them, in any case; empty: every run passes."""
    colours: Mapping[str, int] = field(default_factory=dict)
    """Id of a marked run to the number of its curve's colour, in the order in which they were marked."""
    curves: CurveView = field(default_factory=CurveView)
    folded: bool = False
    """The devices are not shown."""
    folds: Mapping[str, bool] = field(default_factory=dict)
    """Key of a row that folds to whether the user opened it; the others are as `rows_of` has them."""

    def passing(self, runs: Iterable[RunState]) -> list[RunState]:
        """The runs that pass the filter, in plan order."""
        words = self.filter.casefold().split()
        return [state for state in in_plan_order(runs) if all(word in _searched(state) for word in words)]

    def with_filter(self, text: str) -> MonitorView:
        return replace(self, filter=text.strip())

    def fold(self, key: str, *, is_open: bool) -> MonitorView:
        """Open or fold a row of the table."""
        return replace(self, folds={**self.folds, key: is_open})

    def mark(self, run_id: str) -> MonitorView:
        """Choose a run's curve, or no longer; the others keep their colours."""
        if run_id not in self.colours:
            return replace(self, colours={**self.colours, run_id: self.next_colour()})
        return replace(self, colours={other: colour for other, colour in self.colours.items() if other != run_id})

    def mark_together(self, runs: Iterable[RunState]) -> MonitorView:
        """Choose the curves of the runs that one row stands for; if all of them are chosen, none of them."""
        ids = [state.run_id for state in runs]
        marked = self
        for run_id in ids if all(run_id in self.colours for run_id in ids) else [run_id for run_id in ids if run_id not in self.colours]:
            marked = marked.mark(run_id)
        return marked

    def mark_all(self, shown: Iterable[RunState]) -> MonitorView:
        """Mark the runs that are shown, and no others; none if all of them are marked."""
        ids = [state.run_id for state in shown]
        marked = replace(self, colours={})
        if all(run_id in self.colours for run_id in ids):
            return marked
        for run_id in ids:
            marked = marked.mark(run_id)
        return marked

    def next_colour(self) -> int:
        """The first colour that no marked run has; if all are taken, round again."""
        taken = set(self.colours.values())
        return next((colour for colour in range(COLOURS) if colour not in taken), len(self.colours) % COLOURS)

    def pruned_to(self, runs: Iterable[RunState]) -> MonitorView:
        """Without the marks of runs that are gone; itself if none is."""
        ids = {state.run_id for state in runs}
        kept = {run_id: colour for run_id, colour in self.colours.items() if run_id in ids}
        return self if len(kept) == len(self.colours) else replace(self, colours=kept)

    def drawn(self, runs: Iterable[RunState], under_cursor: RunState | None) -> list[tuple[RunState, int]]:
        """The runs whose curves are drawn, each with its colour: the marked ones, else that under the cursor."""
        by_id = {state.run_id: state for state in runs}
        marked = [(by_id[run_id], colour) for run_id, colour in self.colours.items() if run_id in by_id]
        return marked or ([(under_cursor, 0)] if under_cursor else [])


def _searched(state: RunState) -> str:
    parts = (state.experiment, state.label, state.phase.value, state.group, state.run_id, state.device_label)
    return " ".join(parts).casefold()
