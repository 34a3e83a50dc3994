"""The validation scores that the table of runs shows: of one run, and of an experiment's seeds together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from training.runfolder.phase import Phase

if TYPE_CHECKING:
    from iqa_tui.monitor.state import RunState


@dataclass(frozen=True, slots=True)
class Score:
    """Mean validation SRCC of the seeds and splits of one experiment; of recorded runs the test SRCC."""

    mean: float
    sd: float | None = None
    """None if it is of one run."""
    seeds: int = 1
    """How many runs it is of, each of another seed or split."""
    is_final: bool = False
    """True if each of those runs has finished."""


def val_metric(state: RunState, metric: str) -> float | None:
    """On the validation split: of the chosen epoch if it finished, else the latest; None before the first."""
    if state.result is not None and (chosen := state.result.metrics.get("val", {}).get(metric)) is not None:
        return chosen
    for evaluation in reversed(state.evaluations):
        if evaluation.split == "val":
            return evaluation.metrics.get(metric)
    return None


def newest_of_each_seed(runs: Iterable[RunState]) -> list[RunState]:
    """One run a seed and split, the newest that finished, else the newest; a run without a readable spec stands for
    itself.
    """
    chosen: dict[object, RunState] = {}
    for state in sorted(runs, key=lambda state: (state.phase is Phase.FINISHED, _created(state))):
        chosen[(state.spec.split_seed, state.spec.seed) if state.spec else state.run_id] = state
    return list(chosen.values())


def score_of(runs: Sequence[RunState]) -> Score | None:
    """Of the runs of one experiment, over those that finished; if none has, over those with a score so far.

    Returns:
        None if no run has a score.
    """
    seeds = newest_of_each_seed(runs)
    finished = [value for state in seeds if state.phase is Phase.FINISHED and (value := shown_srcc(state)) is not None]
    values = finished or [value for state in seeds if (value := shown_srcc(state)) is not None]
    if not values:
        return None
    return Score(fmean(values), stdev(values) if len(values) > 1 else None, len(values), bool(finished))


def experiment_of(state: RunState) -> object:
    """What the seeds of one experiment have in common, within a group; of a run started by hand, its own id. The tuning
    runs of an experiment are no seeds of it.
    """
    return (state.experiment, state.label, state.is_recorded, state.is_trial) if state.experiment else state.run_id


def by_experiment(runs: Iterable[RunState]) -> list[list[RunState]]:
    """The runs of one group, in the order in which they come."""
    experiments: dict[object, list[RunState]] = {}
    for state in runs:
        experiments.setdefault(experiment_of(state), []).append(state)
    return list(experiments.values())


def best_of(runs: Iterable[RunState]) -> tuple[RunState, Score] | None:
    """The experiment of a group with the highest score, by its first run; None if no run has a score. Recorded runs are
    left out, as theirs are test scores, and tuning runs, as they are no result.
    """
    launched = by_experiment(state for state in runs if not (state.is_recorded or state.is_trial))
    scored = [(members[0], score) for members in launched if (score := score_of(members))]
    return max(scored, key=lambda pair: pair[1].mean, default=None)


def shown_srcc(state: RunState) -> float | None:
    """On the validation split; of a recorded run, which has none, on the test split."""
    return state.test_srcc if state.is_recorded else val_metric(state, "srcc")


def _created(state: RunState) -> float:
    return state.spec.created if state.spec else 0.0
