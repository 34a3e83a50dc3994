"""Which curves a row of many runs shows: reading two hundred takes minutes, and a plot of them says nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from iqa_tui.monitor.scores import experiment_of, val_metric
from training.runfolder.phase import Phase

if TYPE_CHECKING:
    from iqa_tui.monitor.state import RunState

MOST_EXPERIMENTS = 8
"""As many as there are colours."""
MOST_RUNS = 24
"""Three seeds of each."""


def chosen_for_curves(runs: Iterable[RunState]) -> list[RunState]:
    """In the order in which they come: all of a few; of many whole experiments, those alive, then the best, the newest.

    Of one experiment with more than `MOST_RUNS` runs, those alive, then the best. Tuning runs are left out once another
    run has begun.
    """
    given = _without_trials(list(runs))
    sizes = Counter(map(_experiment, given))
    if len(given) <= MOST_RUNS and len(sizes) <= MOST_EXPERIMENTS:
        return given
    best_first = sorted(given, key=_rank, reverse=True)
    chosen: set[object] = set()
    left = MOST_RUNS
    for experiment in dict.fromkeys(map(_experiment, best_first)):
        if sizes[experiment] <= left and len(chosen) < MOST_EXPERIMENTS:
            chosen.add(experiment)
            left -= sizes[experiment]
    if not chosen:
        first = _experiment(best_first[0])
        kept = {state.run_id for state in [state for state in best_first if _experiment(state) == first][:MOST_RUNS]}
        return [state for state in given if state.run_id in kept]
    return [state for state in given if _experiment(state) in chosen]


def _without_trials(runs: list[RunState]) -> list[RunState]:
    own = [state for state in runs if not state.is_trial]
    return own if any(state.phase is not Phase.QUEUED for state in own) else runs


def _experiment(state: RunState) -> object:
    return state.group, experiment_of(state)


def _rank(state: RunState) -> tuple[bool, bool, float, float]:
    score = val_metric(state, "srcc")
    return (
        state.phase.is_alive,
        state.phase is not Phase.QUEUED,
        -2.0 if score is None else score,
        state.spec.created if state.spec else 0.0,
    )
