"""Which run of a launch gets which device until when."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.plans.choice import LaunchChoice
from iqa_tui.plans.offered import OfferedDevice
from iqa_tui.plans.plan import plan_from
from iqa_tui.plans.simulate import Job
from iqa_tui.plans.timeline import Bar, GoingOn, Timeline, looks_of, place_launch

ROWS = [{"id": "F1", "expected_hours": 2.0}, {"id": "F2", "expected_hours": 1.0}, {"id": "F3", "expected_hours": 1.0}]
PLAN = plan_from({"name": "losses", "experiment": ROWS}, "p.toml")
FREE = OfferedDevice("GPU-0", "GPU 0", "gpu")
NOTHING = GoingOn()
BUSY = OfferedDevice("GPU-1", "GPU 1", "gpu", busy=True, reason="runs F9")


def choice(*devices: OfferedDevice, going_on: GoingOn = NOTHING, strategy: str = "all") -> LaunchChoice:
    ticks = {"p": frozenset({"F1", "F2", "F3"})}
    return LaunchChoice(
        Path("runs"), {"p": PLAN}, "p", ticks, devices=devices, device_kind="gpu", strategy=strategy, going_on=going_on
    )


def drawn(timeline: Timeline) -> dict[str, list[tuple[str, float, float]]]:
    return {row.label: [(bar.name, bar.start_hours, bar.end_hours) for bar in row.bars] for row in timeline.rows}


def test_a_busy_device_counts_from_when_its_run_ends() -> None:
    running = GoingOn({"GPU-1": Bar("F9", 8, 0.0, 0.5, is_new=False)})
    found = choice(FREE, BUSY, going_on=running)
    assert drawn(found.timeline()) == {
        "GPU 0": [("F1", 0.0, 2.0)],
        "GPU 1": [("F9", 0.0, 0.5), ("F2", 0.5, 1.5), ("F3", 1.5, 2.5)],
    }
    assert found.timeline().total_hours == 2.5
    assert found.schedules()["all"].total_hours == 2.5
    assert found.fleet().words == "GPU 1 gets free in 30 min"


def test_a_device_of_which_nothing_is_known_is_not_counted_and_says_why() -> None:
    timeline = choice(FREE, BUSY).timeline()
    assert drawn(timeline) == {"GPU 0": [("F1", 0.0, 2.0), ("F2", 2.0, 3.0), ("F3", 3.0, 4.0)], "GPU 1": []}
    assert timeline.rows[1].words == "runs F9"
    assert not timeline.begins_later
    assert choice(BUSY).timeline().begins_later


def test_runs_have_the_look_of_their_place_in_the_plan() -> None:
    (row,) = choice(FREE).timeline().rows
    assert [(bar.name, bar.look) for bar in row.bars] == [("F1", 0), ("F2", 1), ("F3", 2)]


def test_queued_runs_go_before_those_of_a_launch() -> None:
    waiting = GoingOn(waiting=((Job("run-7", 1.0), Bar("F7", 6, 0.0, 0.0, is_new=False)),))
    assert drawn(choice(FREE, going_on=waiting).timeline())["GPU 0"][:2] == [("F7", 0.0, 1.0), ("F1", 1.0, 3.0)]


@pytest.mark.parametrize(("strategy", "first"), [("all", "new"), ("sequential", "old"), ("priority", "old")])
def test_a_launch_of_higher_priority_overtakes_only_if_its_runs_go_one_by_one(strategy: str, first: str) -> None:
    placed = place_launch([Job("new", 1.0, "high")], [Job("old", 1.0, "low")], [0.0], strategy)
    assert min(placed, key=lambda each: each.start_hours).job_id == first


def test_a_sequential_launch_takes_the_device_that_is_free_first() -> None:
    placed = place_launch([Job("a", 1.0), Job("b", 1.0)], [], [3.0, 0.5], "sequential")
    assert [(each.device, each.start_hours) for each in placed] == [(1, 0.5), (1, 1.5)]


def test_without_devices_or_hours_there_is_no_forecast() -> None:
    assert choice().timeline() == Timeline()
    assert choice(FREE).tick("F1").tick("F2").tick("F3").timeline().total_hours == 0.0


def test_each_run_of_a_launch_has_a_name_of_its_own() -> None:
    names = ("F1", "F1 seed 2", "F1 split 3 seed 2")
    looks = looks_of(None, [Job(name, 1.0) for name in names])
    assert [looks[name].name for name in names] == ["F1", "F1·s2", "F1·s2 split 3"]


def test_a_tuning_run_has_the_look_of_its_row_and_names_its_value() -> None:
    ids = (
        "F2 lr=1e-5",
        "F2 lr=1e-5 ema=0.9 seed 3",
        "F2 lr=1e-5 split 2 seed 3",
        "F2 split 2 seed 3",
        "F2 seed 3",
        "F2",
    )
    looks = looks_of(PLAN, [Job(name, 1.0) for name in ids])
    assert {looks[name].look for name in ids} == {1}
    assert [looks[name].name for name in ids] == [
        "F2 lr=1e-5",
        "F2 lr=1e-5 ema=0.9·s3",
        "F2 lr=1e-5·s3 split 2",
        "F2·s3 split 2",
        "F2·s3",
        "F2",
    ]
