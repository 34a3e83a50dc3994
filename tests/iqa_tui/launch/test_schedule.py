"""What would run where, and how long it takes."""

from __future__ import annotations

from itertools import pairwise

import pytest

from iqa_tui.launch.plan import load_plan
from iqa_tui.launch.schedule import Job, schedule


def losses() -> list[Job]:
    rows = [row for row in load_plan("koniq-losses").experiments if row.selected]
    return [Job(row.id, row.expected_hours or 0, row.priority, order) for order, row in enumerate(rows)]


@pytest.mark.parametrize(("devices", "hours"), [(4, 2.0), (1, 7.4), (2, 3.7)])
def test_the_losses_take_as_long_as_the_specification_says(devices: int, hours: float) -> None:
    assert schedule(losses(), devices, "all").total_hours == pytest.approx(hours)


def test_one_at_a_time_uses_one_device_however_many_there_are() -> None:
    placed = schedule(losses(), 4, "sequential")
    assert placed.total_hours == pytest.approx(7.4)
    assert {placement.device for placement in placed.placements} == {0}


def test_by_priority_the_next_one_starts_when_the_one_before_has_ended() -> None:
    starts = {p.job_id: p.start_hours for p in schedule(losses(), 4, "priority").placements}
    assert starts == pytest.approx({"F2": 0, "F3": 0, "F4": 1.7, "F5": 3.7})


def test_high_goes_before_low_and_long_before_short() -> None:
    jobs = [Job("short", 1, "high", 0), Job("low", 9, "low", 1), Job("long", 2, "high", 2)]
    assert [p.job_id for p in schedule(jobs, 1, "all").placements] == ["long", "short", "low"]


def test_no_device_ever_runs_two_at_once() -> None:
    jobs = [Job(str(number), 1 + number % 3, ("high", "low")[number % 2], number) for number in range(12)]
    by_device: dict[int, list[tuple[float, float]]] = {}
    for placement in schedule(jobs, 3, "all").placements:
        by_device.setdefault(placement.device, []).append((placement.start_hours, placement.end_hours))
    for spans in by_device.values():
        assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def test_nothing_to_run_takes_no_time() -> None:
    assert schedule([], 2, "all").total_hours == 0


@pytest.mark.parametrize(("devices", "strategy"), [(0, "all"), (1, "fastest")])
def test_what_makes_no_sense_is_refused(devices: int, strategy: str) -> None:
    with pytest.raises(ValueError, match=r"devices cannot run|no strategy"):
        schedule(losses(), devices, strategy)
