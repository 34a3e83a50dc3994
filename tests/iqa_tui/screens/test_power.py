"""What the launch screen says of the differences that a launch can show."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from iqa_tui.panels.experiment_list import ExperimentList
from iqa_tui.panels.plan_list import PlanList
from iqa_tui.plans.scoring import ONE_SEED, ONE_SEED_SHORT
from iqa_tui.screens.confirm import ConfirmScreen
from tests.fakes.ablation import make_ablation
from tests.fakes.app import OpenApp, screen_text, settle

THREE = "3 seeds: differences from about 0.008 on"


@pytest.mark.parametrize(
    ("size", "words"), [((140, 40), (ONE_SEED, f"{THREE}, by a typical spread")), ((80, 24), (ONE_SEED_SHORT, THREE))]
)
async def test_more_seeds_than_one_show_differences(
    open_app: OpenApp, size: tuple[int, int], words: tuple[str, str]
) -> None:
    of_one, of_three = words
    async with open_app(room="launch", size=size) as pilot:
        await settle(pilot, lambda: "koniq-losses" in screen_text(pilot))
        pilot.app.screen.query_one(PlanList).move_to("koniq-losses")
        await settle(pilot, lambda: f" {of_one} ─" in screen_text(pilot))
        seeds = pilot.app.screen.query_one("#seeds", Input)
        seeds.value = "1,2,3"
        await settle(pilot, lambda: f" {of_three} ─" in screen_text(pilot), seconds=60)
        seeds.value = "1"
        await settle(pilot, lambda: f" {of_one} ─" in screen_text(pilot))
        seeds.value = "1,2,3"
        await settle(pilot, lambda: f" {of_three} ─" in screen_text(pilot), seconds=60)
        pilot.app.screen.query_one(PlanList).move_to("demo")
        await settle(pilot, lambda: "seeds:" not in screen_text(pilot))


async def test_the_question_before_a_launch_says_it_too(open_app: OpenApp) -> None:
    async with open_app(room="launch") as pilot:
        await settle(pilot, lambda: "koniq-losses" in screen_text(pilot))
        pilot.app.screen.query_one(PlanList).move_to("koniq-losses")
        pilot.app.screen.query_one("#seeds", Input).value = "1,2,3"
        pilot.app.screen.query_one(ExperimentList).focus()
        await pilot.press("enter")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen), seconds=60)
        assert f"{THREE}, by a typical spread" in screen_text(pilot)


async def test_finished_runs_give_the_spread(runs_dir: Path, open_app: OpenApp) -> None:
    make_ablation(runs_dir, {"F1": (0.935, 0.936), "F2": (0.931, 0.933)}, images=60)
    async with open_app(room="launch") as pilot:
        await settle(pilot, lambda: "koniq-losses" in screen_text(pilot))
        pilot.app.screen.query_one(PlanList).move_to("koniq-losses")
        pilot.app.screen.query_one("#seeds", Input).value = "1,2,3,4"
        await settle(pilot, lambda: "by the runs of koniq-losses" in screen_text(pilot), seconds=60)
