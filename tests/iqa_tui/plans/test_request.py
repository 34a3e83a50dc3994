"""One launch: its experiments, seeds and limits, and the jobs that it gives the simulation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from iqa_tui.errors import PlanError
from iqa_tui.plans.plan import plan_from
from iqa_tui.plans.request import LaunchRequest


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
