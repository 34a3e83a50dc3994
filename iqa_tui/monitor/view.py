"""How the user looks at the runs: which of them, whose curves. A change gives a new value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from iqa_tui.monitor.colours import colours_of
from iqa_tui.monitor.curve_choice import chosen_for_curves
from iqa_tui.monitor.curve_view import CurveView
from iqa_tui.monitor.fields import FIELDS, reported_names
from iqa_tui.monitor.query import ARCHIVED, HIDDEN, Asked, Query, parse
from iqa_tui.monitor.run_words import in_plan_order

if TYPE_CHECKING:
    from iqa_tui.monitor.state import RunState


@dataclass(frozen=True, slots=True)
class MonitorView:
    """Everything that the monitor screen remembers of its user."""

    filter: str = ""
    """See `query`; empty: every run passes."""
    marked: tuple[str, ...] = ()
    """Ids of the runs whose curves are chosen, in the order in which they were."""
    curves: CurveView = field(default_factory=CurveView)
    folded: bool = False
    """The devices are not shown."""
    folds: Mapping[str, bool] = field(default_factory=dict)
    """Key of a row that folds to whether the user opened it; the others are as `rows_of` has them."""

    pinned: tuple[str, ...] = ()
    """Ids of the runs that stand above all groups."""
    hidden: frozenset[str] = frozenset()
    """Ids of the runs that are shown only if the filter asks for `hidden`."""
    sort: str = ""
    """Name of the field that rows are sorted by within their group; empty: as the plan has them."""
    is_rising: bool = False
    """The smallest first."""

    columns: tuple[str, ...] = ()
    """Keys of the columns that the user chose; empty: those that there is room for."""

    def query(self, runs: Sequence[RunState]) -> Query:
        """What the filter means, and what is wrong with it."""
        return parse(self.filter, reported_names(runs) if self.filter else frozenset())

    def passing(self, runs: Sequence[RunState], now: float) -> list[RunState]:
        """The runs that pass the filter, in plan order; hidden and archived ones only if it asks for them.

        Args:
            now: Unix seconds.
        """
        query, at = self.query(runs), Asked(now, self.hidden)
        return [
            state
            for state in in_plan_order(runs)
            if (HIDDEN in query.words or state.run_id not in self.hidden)
            and (ARCHIVED in query.words or not state.is_archived)
            and query.fits(state, at)
        ]

    def with_filter(self, text: str) -> MonitorView:
        return replace(self, filter=text.strip())

    def fold(self, key: str, *, is_open: bool) -> MonitorView:
        """Open or fold a row of the table."""
        return replace(self, folds={**self.folds, key: is_open})

    def sort_by(self, name: str) -> MonitorView:
        """Numbers the highest first, texts in their order; by the same field again: turned, then as in the plan."""
        starts_rising = name in FIELDS and FIELDS[name].number is None
        if name != self.sort:
            return replace(self, sort=name, is_rising=starts_rising)
        return self.turned() if self.is_rising == starts_rising else replace(self, sort="")

    def turned(self) -> MonitorView:
        """The other end first."""
        return replace(self, is_rising=not self.is_rising)

    def pin(self, runs: Sequence[RunState]) -> MonitorView:
        """Lift the runs that one row stands for above all groups; put them back if all of them are there."""
        return replace(self, pinned=_switched(self.pinned, runs))

    def hide(self, runs: Sequence[RunState]) -> MonitorView:
        """Hide the runs that one row stands for; show them again if all of them are hidden."""
        return replace(self, hidden=frozenset(_switched(tuple(self.hidden), runs)))

    def mark(self, runs: Iterable[RunState]) -> MonitorView:
        """Choose the curves of the runs that one row stands for; if all of them are chosen, none of them."""
        return replace(self, marked=_switched(self.marked, runs))

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
        """The runs whose curves are drawn, each with its look: the marked ones, else those under the cursor.

        Of many under the cursor only some, see `chosen_for_curves`; the user may mark as many as there are.
        """
        colours = colours_of(runs)
        by_id = {state.run_id: state for state in runs}
        ids = [run_id for run_id in self.marked if run_id in by_id] or [
            state.run_id for state in chosen_for_curves(under_cursor)
        ]
        return [(by_id[run_id], colours[run_id]) for run_id in ids if run_id in by_id]


def _switched(ids: tuple[str, ...], runs: Iterable[RunState]) -> tuple[str, ...]:
    """With all of the runs; without them if they are there already."""
    given = [state.run_id for state in runs]
    new = tuple(run_id for run_id in given if run_id not in ids)
    return ids + new if new else tuple(run_id for run_id in ids if run_id not in given)
