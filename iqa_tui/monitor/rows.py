"""The rows of the table of runs: groups and experiments that fold, runs, recorded results. Values, nothing is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from iqa_tui.monitor.group import by_group
from iqa_tui.monitor.ordering import in_order
from iqa_tui.monitor.run_words import recorded_rows
from iqa_tui.monitor.scores import by_experiment

if TYPE_CHECKING:
    from iqa_tui.monitor.state import RunState
    from iqa_tui.monitor.view import MonitorView

FEW_RUNS = 12
"""A group of more keeps its experiments folded, and with more runs in all, older groups are folded."""


TUNING = "tuning/"
"""Key of a group's row of tuning runs, before the group's name."""
PINNED = "pinned/"
"""Key of the row above the pinned runs."""


class RowKind(StrEnum):
    """What a row stands for."""

    GROUP = "group"
    EXPERIMENT = "experiment"
    """Several runs of one experiment, mostly its seeds."""
    TUNING = "tuning"
    """The tuning runs of a group: a stage before its own runs."""
    RUN = "run"
    RECORDED = "recorded"
    """A result of the plan that was measured elsewhere."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table."""

    kind: RowKind
    key: str
    """Identity; that of a run is its id. The others have a slash, which no run id has."""
    runs: tuple[RunState, ...] = ()
    """What it stands for; empty for a recorded result."""
    is_open: bool | None = None
    """None: it does not fold."""
    is_seed: bool = False
    """A run below the row of its experiment."""
    is_trial: bool = False
    """A run below the row of its group's tuning."""
    recorded: Mapping[str, Any] | None = None

    @property
    def run(self) -> RunState | None:
        """The run that orders are for; None if the row stands for none, or for several."""
        return self.runs[0] if self.kind is RowKind.RUN else None


def rows_of(shown: Sequence[RunState], view: MonitorView, now: float) -> list[Row]:
    """Args:
    shown: the runs that pass the filter, in plan order.
    now: Unix seconds.
    """
    pinned = [state for state in shown if state.run_id in view.pinned]
    head = _folding(RowKind.GROUP, PINNED, pinned, True, view)
    rows = [head, *(_pinned(pinned, view, now) if head.is_open else [])] if pinned else []
    groups = by_group(state for state in shown if state.run_id not in view.pinned)
    for place, (group, members) in enumerate(groups.items()):
        opens = place == 0 or len(shown) <= FEW_RUNS or any(state.phase.is_alive for state in members)
        head = _folding(RowKind.GROUP, f"group/{group}", members, opens, view)
        rows.append(head)
        if head.is_open:
            rows += _tuning(group, members, view, now)
            rows += _recorded(members) if place == 0 and not view.filter else []
            rows += _members(group, members, view, now)
    return rows


def parent_key(rows: Sequence[Row], key: str) -> str | None:
    """The row that a row is folded into; None for a group, and for a row that is not there."""
    place = next((place for place, row in enumerate(rows) if row.key == key), None)
    if place is None or rows[place].kind is RowKind.GROUP:
        return None
    row = rows[place]
    wanted = RowKind.EXPERIMENT if row.is_seed else RowKind.TUNING if row.is_trial else RowKind.GROUP
    return next((row.key for row in reversed(rows[:place]) if row.kind is wanted), None)


def _folding(kind: RowKind, key: str, members: Sequence[RunState], opens: bool, view: MonitorView) -> Row:
    return Row(kind, key, tuple(members), is_open=view.folds.get(key, opens))


def _recorded(members: Sequence[RunState]) -> list[Row]:
    return [
        Row(RowKind.RECORDED, f"recorded/{place}", recorded=row) for place, row in enumerate(recorded_rows(members))
    ]


def _members(group: str, members: Sequence[RunState], view: MonitorView, now: float) -> list[Row]:
    rows: list[Row] = []
    members = [state for state in members if not state.is_trial]
    for runs in in_order(by_experiment(members), view.sort, now, is_rising=view.is_rising):
        if len(runs) == 1:
            rows.append(Row(RowKind.RUN, runs[0].run_id, (runs[0],)))
            continue
        key = f"experiment/{group}/{runs[0].experiment}/{runs[0].label}{'/recorded' if runs[0].is_recorded else ''}"
        head = _folding(RowKind.EXPERIMENT, key, runs, len(members) <= FEW_RUNS, view)
        rows.append(head)
        if head.is_open:
            seeds = in_order([[state] for state in runs], view.sort, now, is_rising=view.is_rising)
            rows += [Row(RowKind.RUN, state.run_id, (state,), is_seed=True) for (state,) in seeds]
    return rows


def _pinned(pinned: Sequence[RunState], view: MonitorView, now: float) -> list[Row]:
    return _tuning(PINNED, pinned, view, now) + _members(PINNED, pinned, view, now)


def _tuning(group: str, members: Sequence[RunState], view: MonitorView, now: float) -> list[Row]:
    """Folded, as long as the group has other runs that are shown."""
    trials = [state for state in members if state.is_trial]
    if not trials:
        return []
    opens = len(trials) == len(members)
    head = _folding(RowKind.TUNING, f"{TUNING}{group}", trials, opens, view)
    ordered = in_order([[state] for state in trials], view.sort, now, is_rising=view.is_rising)
    below = [Row(RowKind.RUN, state.run_id, (state,), is_trial=True) for (state,) in ordered]
    return [head, *(below if head.is_open else [])]
