"""Which curves a row of many runs shows."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from iqa_tui.monitor.curve_choice import MOST_EXPERIMENTS, MOST_RUNS, chosen_for_curves
from iqa_tui.monitor.curves import Evaluation
from iqa_tui.monitor.state import RunState
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.spec import Spec


def run(experiment: str, seed: int, srcc: float | None = None, phase: Phase = Phase.FINISHED, day: int = 0) -> RunState:
    name = f"{experiment}-{seed}-{day}"
    spec = Spec(name, "g", experiment, [], float(day), experiment=experiment, seed=seed)
    scores = (Evaluation(1, 1, 1.0, "val", {"srcc": srcc}),) if srcc is not None else ()
    return RunState(RunFolder(Path(name)), Status(phase), spec, evaluations=scores)


def names(runs: Iterable[RunState]) -> list[str]:
    return [state.experiment for state in chosen_for_curves(runs)]


def test_a_plan_of_usual_size_is_shown_whole_in_its_order() -> None:
    runs = [run(f"F{number}", seed) for number in range(8) for seed in range(3)]
    assert chosen_for_curves(runs) == runs
    assert chosen_for_curves([]) == []


def test_of_many_the_living_are_shown_then_the_best_then_those_without_a_score() -> None:
    finished = [run(f"F{number:03}", 1, number / 1000) for number in range(200)]
    others = [run("none", 1), run("waits", 1, phase=Phase.QUEUED), run("lives", 1, 0.001, Phase.RUNNING)]
    best = [f"F{number}" for number in range(193, 200)]
    assert names([*finished, *others]) == [*best, "lives"]
    assert names([*finished[:6], *others, run("old", 1, day=-1)]) == [*names(finished[:6]), "none", "lives"]


def test_an_experiment_is_shown_with_all_its_seeds_or_not_at_all() -> None:
    runs = [run(f"F{number}", seed, number / 10) for number in range(9) for seed in range(5)]
    random.Random(1).shuffle(runs)
    shown = chosen_for_curves(runs)
    assert Counter(state.experiment for state in shown) == dict.fromkeys(("F8", "F7", "F6", "F5"), 5)
    assert len(shown) <= MOST_RUNS
    assert len(set(names(runs))) <= MOST_EXPERIMENTS
    assert shown == [state for state in runs if state in shown]


def test_of_one_experiment_with_many_runs_the_best_are_shown() -> None:
    runs = [run("F1", seed, seed / 1000) for seed in range(200)]
    assert chosen_for_curves(runs) == runs[-MOST_RUNS:]
    large_and_small = [*runs, run("F2", 1, 0.0)]
    assert names(large_and_small) == ["F2"]  # whole
