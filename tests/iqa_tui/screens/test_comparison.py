"""Two runs beside each other: chosen in the table, compared by D."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from iqa_tui.panels.run_list import RunList
from iqa_tui.screens.comparison import ComparisonPage
from tests.fakes.app import OpenApp, screen_text, settle
from tests.fakes.run_folders import FakeRun


@pytest.fixture
def two(runs_dir: Path) -> list[FakeRun]:
    fakes = []
    for identity, srcc in (("F2", 0.93), ("F3", 0.94)):
        fake = FakeRun.queue(runs_dir, identity).start(at=1000.0).train(400)
        fakes.append(fake.finish(srcc=srcc, config={"loss_type": identity.lower(), "batch_size": 77}))
    return fakes


async def choose(pilot: Pilot[None], fakes: list[FakeRun]) -> None:
    runs = pilot.app.screen.query_one(RunList)
    await settle(pilot, lambda: {fake.run.run_id for fake in fakes} <= set(runs.row_keys))
    for fake in fakes:
        runs.move_to(fake.run.run_id)
        await pilot.press("space")


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_two_marked_runs_are_compared(two: list[FakeRun], open_app: OpenApp, size: tuple[int, int]) -> None:
    async with open_app(size) as pilot:
        await choose(pilot, two)
        await pilot.press("D")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ComparisonPage))
        await settle(pilot, lambda: "What differs" in screen_text(pilot))
        await pilot.press("G")
        await settle(pilot, lambda: "loss_type" in screen_text(pilot))
        assert "batch_size" not in screen_text(pilot)
        await pilot.press("a", "G")
        await settle(pilot, lambda: "Everything of both" in screen_text(pilot) and "batch_size" in screen_text(pilot))
        await pilot.press("escape")
        assert not isinstance(pilot.app.screen, ComparisonPage)


async def test_the_marked_run_is_compared_with_that_under_the_cursor(two: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app() as pilot:
        await choose(pilot, two[:1])
        pilot.app.screen.query_one(RunList).move_to(two[1].run.run_id)
        await pilot.press("D")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ComparisonPage))


async def test_without_two_runs_the_key_says_how(two: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app() as pilot:
        await settle(pilot, lambda: len(pilot.app.screen.query_one(RunList).row_keys) > 1)
        await pilot.press("D")
        await settle(pilot, lambda: "Select two runs" in " ".join(told.message for told in pilot.app._notifications))
