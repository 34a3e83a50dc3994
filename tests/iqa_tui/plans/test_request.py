"""One launch: its experiments, seeds and limits, and the jobs that it gives the simulation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from iqa_tui.errors import PlanError
from iqa_tui.plans.plan import plan_from
from iqa_tui.plans.request import LaunchRequest, Repetition


def request(**content: Any) -> LaunchRequest:
    rows = [{"id": "F2"}, {"id": "F3"}, {"id": "F4", "selected": False}]
    return LaunchRequest(plan_from({"name": "losses", "experiment": rows, **content}, "p.toml"))


def chosen(request: LaunchRequest) -> list[str]:
    return [experiment.id for experiment in request.chosen()]


def test_without_names_the_rows_that_the_plan_selects_are_launched() -> None:
    assert chosen(request()) == ["F2", "F3"]
    assert chosen(replace(request(), experiments=("F4", "F2", "F4"))) == ["F4", "F2"]
    with pytest.raises(PlanError, match=r"there is no experiment 'F9'\. Choose from F2, F3, F4"):
        replace(request(), experiments=("F9",)).chosen()


def test_seeds_are_the_users_else_the_plans() -> None:
    assert request().seeds_or_default() == (42,)
    assert request(base={"seed": 5, "train_test_num": 3}).seeds_or_default() == (5, 6, 7)
    assert replace(request(base={"seed": 5}), seeds=(1, 2)).seeds_or_default() == (1, 2)


@pytest.mark.parametrize("base", [{"seed": -1}, {"seed": "x"}, {"train_test_num": 0}])
def test_a_seed_that_is_no_whole_number_is_refused_in_words(base: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="write a whole number of at least"):
        request(base=base).seeds_or_default()


def test_the_time_limit_is_the_launchs_else_the_plans() -> None:
    assert request().time_limit() is None
    assert request(time_limit_hours=2.0).time_limit() == 2.0
    assert replace(request(time_limit_hours=2.0), time_limit_hours=0.5).time_limit() == 0.5


def test_every_experiment_runs_on_every_split_with_every_seed() -> None:
    assert request().repetitions() == [Repetition(42)]
    asked = replace(request(splits=3), seeds=(1, 2))
    assert asked.repetitions() == [Repetition(seed, split) for split in (0, 1, 2) for seed in (1, 2)]
    assert asked.count_words == "2 experiments × 3 splits × 2 seeds: 12 runs"
    assert replace(asked, splits=(7,), seeds=(1,)).count_words == "2 experiments × 1 split × 1 seed: 2 runs"
    assert replace(asked, splits=()).count_words == "4 runs"
    assert [each.words for each in (Repetition(1), Repetition(1, 0))] == ["seed 1", "split 0 seed 1"]


def test_a_split_that_is_set_over_the_plan_replaces_its_splits() -> None:
    assert replace(request(splits=[4, 2]), overrides={"split_seed": "7"}).splits_or_default() == (7,)
    assert request(splits=[4, 2]).splits_or_default() == (4, 2)
    with pytest.raises(ValueError, match="split_seed='x': write a whole number of at least 0"):
        replace(request(), overrides={"split_seed": "x"}).repetitions()


def test_tuning_runs_are_those_of_each_split_experiment_value_and_seed() -> None:
    tuned = request(tune={"lr": [1.0, 2.0], "seeds": [7]}, splits=2)
    assert [(trial.experiment.id, trial.values["lr"], trial.repetition) for trial in tuned.trials()] == [
        (row, rate, Repetition(7, split)) for split in (0, 1) for row in ("F2", "F3") for rate in (1.0, 2.0)
    ]
    assert tuned.count_words == "8 tuning runs, then 2 experiments × 2 splits × 1 seed: 4 runs"
    one = replace(request(tune={"lr": [1.0]}, base={"seed": 5}), experiments=("F2",), seeds=(1, 2, 3))
    assert [trial.repetition for trial in one.trials()] == [Repetition(5)], "the plan's seed, whatever the launch asks"
    assert one.count_words == "1 tuning run, then 3 runs"
    assert request().trials() == []
