"""How the user looks at the runs: which of them, whose curves. A change gives a new value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from iqa_tui.monitor.colours import colours_of
from iqa_tui.monitor.curve_view import CurveView
from iqa_tui.monitor.run_words import in_plan_order
from iqa_tui.monitor.state import RunState


@dataclass(frozen=True, slots=True)
class MonitorView:
    """Everything that the monitor screen remembers of its user."""

    filter: str = ""
    """Words that a run must have, each of them, in any case; empty: every run passes."""
    marked: tuple[str, ...] = ()
    """Ids of the runs whose curves are chosen, in the order in which they were."""
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

    def mark(self, runs: Iterable[RunState]) -> MonitorView:
        """Choose the curves of the runs that one row stands for; if all of them are chosen, none of them."""
        ids = [state.run_id for state in runs]
        new = tuple(run_id for run_id in ids if run_id not in self.marked)
        if new:
            return replace(self, marked=self.marked + new)
        return replace(self, marked=tuple(run_id for run_id in self.marked if run_id not in ids))

    def mark_all(self, shown: Iterable[RunState]) -> MonitorView:
        """Mark the runs that are shown, and no others; none if all of them are marked."""
        ids = tuple(state.run_id for state in shown)
        return replace(self, marked=() if set(ids) <= set(self.marked) else ids)

    def pruned_to(self, runs: Iterable[RunState]) -> MonitorView:
        """Without the marks of runs that are gone; itself if none is."""
        ids = {state.run_id for state in runs}
        kept = tuple(run_id for run_id in self.marked if run_id in ids)
        return self if kept == self.marked else replace(self, marked=kept)

    def drawn(self, runs: Sequence[RunState], under_cursor: Iterable[RunState]) -> list[tuple[RunState, int]]:
        """The runs whose curves are drawn, each with its look: the marked ones, else those under the cursor."""
        colours = colours_of(runs)
        by_id = {state.run_id: state for state in runs}
        ids = [run_id for run_id in self.marked if run_id in by_id] or [state.run_id for state in under_cursor]
        return [(by_id[run_id], colours[run_id]) for run_id in ids if run_id in by_id]


def _searched(state: RunState) -> str:
    parts = (state.experiment, state.label, state.phase.value, state.group, state.run_id, state.device_label)
    return " ".join(parts).casefold()
