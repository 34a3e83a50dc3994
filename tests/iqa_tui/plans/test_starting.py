"""Which runs of a launch start at once and which wait."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from iqa_tui.plans.choice import LaunchChoice
from iqa_tui.plans.offered import OfferedDevice
from iqa_tui.plans.plan import plan_from
from iqa_tui.plans.simulate import Job
from iqa_tui.plans.starting import starting_words
from iqa_tui.plans.timeline import Bar, GoingOn

PLAN = plan_from({"name": "p", "experiment": [{"id": "A"}, {"id": "B", "expected_hours": 2.0}]}, "p.toml")
FREE, BUSY = OfferedDevice("GPU-0", "GPU 0", "gpu"), OfferedDevice("GPU-1", "GPU 1", "gpu", busy=True)
CHOICE = LaunchChoice(
    Path("runs"), {"p": PLAN}, "p", {"p": frozenset({"A", "B"})}, devices=(FREE, BUSY), device_kind="gpu"
)


def test_what_starts_now_is_named_with_its_device_and_what_waits_with_its_time() -> None:
    assert starting_words(CHOICE) == ["start now: B on GPU 0", "wait: A (the first about 2.0 h)"]


def test_without_a_free_device_all_wait() -> None:
    assert starting_words(replace(CHOICE, devices=(BUSY,))) == ["wait: B, A (until a device is free)"]
    broken = replace(BUSY, withdrawn=True)
    assert starting_words(replace(CHOICE, devices=(broken,))) == ["wait: all 2, until a device is restored"]


def test_queued_runs_are_counted() -> None:
    waiting = GoingOn(waiting=((Job("run-7", 1.0), Bar("F7", 6, 0.0, 0.0, is_new=False)),))
    assert starting_words(replace(CHOICE, going_on=waiting))[-1] == "queued before them or between them: 1"


def test_many_runs_are_not_all_named() -> None:
    words = starting_words(replace(CHOICE, seeds="1,2,3,4,5,6,7,8"))
    assert words[0] == "start now: B·s1 on GPU 0"
    assert "and 7 more" in words[1]


def test_nothing_is_said_of_devices_that_are_not_looked_up() -> None:
    assert starting_words(replace(CHOICE, devices=None)) == []
