"""The jobs of a launch."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iqa_tui.plans.forecast import UNKNOWN_HOURS, Fleet, jobs_of
from iqa_tui.plans.plan import plan_from
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.plans.simulate import Job

ROWS = [{"id": "F2", "expected_hours": 1.5, "priority": "high"}, {"id": "F3"}]
REQUEST = LaunchRequest(plan_from({"name": "losses", "experiment": ROWS}, "p.toml"))


def test_a_launch_with_one_seed_makes_a_job_of_each_row() -> None:
    assert jobs_of(REQUEST) == [Job("F2", 1.5, "high", 0), Job("F3", UNKNOWN_HOURS, "medium", 1)]


def test_with_several_seeds_each_job_names_its_own_and_none_is_longer_than_the_limit() -> None:
    jobs = jobs_of(replace(REQUEST, seeds=(1, 2), time_limit_hours=1.2))
    assert [job.id for job in jobs] == ["F2 seed 1", "F3 seed 1", "F2 seed 2", "F3 seed 2"]
    assert [job.hours for job in jobs] == [1.2, 1.0, 1.2, 1.0]
    assert [job.order for job in jobs] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("fleet", "devices", "begins", "words"),
    [
        (Fleet(("GPU 0", "GPU 1")), ("GPU 0", "GPU 1"), "now", ""),
        (Fleet(("GPU 0",), ("GPU 1",)), ("GPU 0",), "now", "GPU 1 is busy and not counted"),
        (Fleet(("GPU 0",), ("GPU 1", "GPU 2")), ("GPU 0",), "now", "GPU 1 and GPU 2 are busy and not counted"),
        (Fleet((), ("GPU 1",)), ("GPU 1",), "once free", "GPU 1 is busy and counted from when it is free"),
        (
            Fleet((), ("GPU 0", "GPU 1")),
            ("GPU 0", "GPU 1"),
            "once free",
            "GPU 0 and GPU 1 are busy and counted from when they are free",
        ),
        (Fleet(()), (), "once free", ""),
    ],
)
def test_a_forecast_counts_on_what_is_free_and_names_what_is_busy(
    fleet: Fleet, devices: tuple[str, ...], begins: str, words: str
) -> None:
    assert (fleet.devices, fleet.begin_words, fleet.words) == (devices, begins, words)


TUNE = {"lr": [1e-5, 2e-5], "epochs": 2, "images": 100}


@pytest.mark.parametrize(
    ("base", "seeds", "hours", "names"),
    [
        ({"epochs": 8}, [1], 0.375, ["F2 lr=1e-5", "F2 lr=2e-5"]),
        ({"epochs": 8, "limit_train_images": 200}, [1], 0.1875, ["F2 lr=1e-5", "F2 lr=2e-5"]),
        ({}, [1], 1.5, ["F2 lr=1e-5", "F2 lr=2e-5"]),
        ({"epochs": 1}, [1], 1.5, ["F2 lr=1e-5", "F2 lr=2e-5"]),
        ({"epochs": 8}, [1, 2], 0.375, [f"F2 lr={rate} seed {seed}" for rate in ("1e-5", "2e-5") for seed in (1, 2)]),
    ],
)
def test_tuning_runs_take_as_much_less_as_they_have_fewer_epochs_and_images(
    base: dict[str, object], seeds: list[int], hours: float, names: list[str]
) -> None:
    plan = plan_from({"name": "p", "base": base, "tune": {**TUNE, "seeds": seeds}, "experiment": ROWS[:1]}, "p.toml")
    *trials, run = jobs_of(LaunchRequest(plan))
    assert trials == [Job(name, hours, "high", order, is_trial=True) for order, name in enumerate(names)]
    assert run == Job("F2", 1.5, "high", len(names), after=tuple(names))


def test_with_random_splits_each_job_names_its_split_too() -> None:
    jobs = jobs_of(replace(REQUEST, experiments=("F2",), seeds=(1,), splits=(0, 3)))
    assert [job.id for job in jobs] == ["F2 split 0 seed 1", "F2 split 3 seed 1"]
