"""The strategies of a launch, each with its hours."""

from __future__ import annotations

from iqa_tui.panels.strategy_list import StrategyList
from iqa_tui.plans.simulate import STRATEGIES, Job, schedule

JOBS = [Job("F2", 2.0), Job("F3", 1.0, order=1)]


def text(strategies: StrategyList) -> list[str]:
    return ["".join(part for part, _ in line).rstrip() for line in strategies.draw(40, 3)]


def test_each_strategy_has_its_hours_and_one_is_chosen() -> None:
    strategies = StrategyList()
    strategies.show_schedules({name: schedule(JOBS, 2, name) for name in STRATEGIES}, "sequential")
    assert text(strategies) == [
        "( ) all at once 2.0 h, 2 devices",
        "(•) sequential  3.0 h, 1 device",
        "( ) by priority 2.0 h, 2 devices",
    ]


def test_without_hours_the_names_stand_alone() -> None:
    assert text(StrategyList()) == ["(•) all at once", "( ) sequential", "( ) by priority"]
