"""The page of a run: opened by enter, left by escape, it follows its run and has the keys for it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from textual.pilot import Pilot

from iqa_tui.monitor.run_details import RunDetails
from iqa_tui.panels.curves import Curves
from iqa_tui.panels.facts import Facts
from iqa_tui.panels.images import PredictionPlot
from iqa_tui.panels.run_list import RunList
from iqa_tui.screens.monitor import MonitorScreen
from iqa_tui.screens.run_page import RunPage
from iqa_tui.widgets.plots.series import XKind
from tests.fakes.app import OpenApp, screen_text, settle
from tests.fakes.run_folders import FakeRun


@pytest.fixture
def scored(ablation: list[FakeRun]) -> FakeRun:
    fake = ablation[0]
    path = fake.run.score_file(fake.spec.dataset, "test")
    path.parent.mkdir()
    path.write_text("image,mos,pred\n" + "".join(f"img_{k}.jpg,{k},{k or 99}\n" for k in range(40)))
    return fake


async def open_page(pilot: Pilot[None], fake: FakeRun) -> None:
    runs = pilot.app.screen.query_one(RunList)
    await settle(pilot, lambda: len(runs.row_keys) == 7)
    runs.move_to(fake.run.run_id)
    await pilot.press("enter")
    await settle(pilot, lambda: isinstance(pilot.app.screen, RunPage))


@pytest.mark.parametrize("size", [(140, 40), (80, 24), (60, 15)])
async def test_enter_opens_the_page_of_the_run_and_escape_closes_it(
    scored: FakeRun, open_app: OpenApp, size: tuple[int, int]
) -> None:
    async with open_app(size) as pilot:
        await open_page(pilot, scored)
        await settle(pilot, lambda: "F3 SRCC" in screen_text(pilot) and "running" in screen_text(pilot))
        await pilot.press("tab", "tab")
        plot = pilot.app.screen.query_one(PredictionPlot)
        assert pilot.app.focused is plot
        await settle(pilot, lambda: plot.size.height > 0 and "40 test images" in screen_text(pilot))
        await settle(pilot, lambda: "0.jpg" in screen_text(pilot))
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, MonitorScreen)
        assert pilot.app.focused is pilot.app.screen.query_one(RunList)


async def test_in_the_smallest_form_facts_curves_and_images_take_turns(scored: FakeRun, open_app: OpenApp) -> None:
    async with open_app((60, 15)) as pilot:
        await open_page(pilot, scored)
        parts = [pilot.app.screen.query_one(kind) for kind in (Facts, Curves, PredictionPlot)]
        for part in (*parts, parts[0]):
            await settle(pilot, lambda part=part: [each for each in parts if each.size.height] == [part])
            assert part.size.height >= 8
            await pilot.press("tab")


async def test_the_page_follows_its_run(scored: FakeRun, open_app: OpenApp) -> None:
    async with open_app() as pilot:
        await open_page(pilot, scored)
        facts = pilot.app.screen.query_one(Facts)
        await settle(pilot, lambda: "running" in screen_text(pilot))
        scored.finish(srcc=0.9111)
        await settle(pilot, lambda: "✓ F3 SRCC finished" in screen_text(pilot))  # which takes a line of the panels
        await settle(pilot, lambda: "test SRCC     0.9111" in screen_text(pilot))  # the panel's own line, not the news
        await settle(pilot, lambda: "result.json" in screen_text(pilot))
        await pilot.press("G")
        await settle(pilot, lambda: "more lines below" not in screen_text(pilot))
        shutil.rmtree(scored.run.path)
        await settle(pilot, lambda: "its folder is gone" in str(facts.border_title))


async def test_scores_that_came_with_the_last_change_are_shown(ablation: list[FakeRun], open_app: OpenApp) -> None:
    fake = ablation[0]
    async with open_app() as pilot:
        await open_page(pilot, fake)
        await settle(pilot, lambda: "no scores yet" in screen_text(pilot))
        path = fake.run.score_file(fake.spec.dataset, "test")
        path.parent.mkdir()
        path.write_text("image,mos,pred\nonly.jpg,1,2\nother.jpg,2,1\n")
        fake.finish()  # and nothing changes after that
        await settle(pilot, lambda: "only.jpg" in screen_text(pilot), seconds=30.0)


async def test_a_run_is_stopped_from_its_page_after_the_question(scored: FakeRun, open_app: OpenApp) -> None:
    async with open_app() as pilot:
        await open_page(pilot, scored)
        await settle(pilot, lambda: "K stop" in screen_text(pilot))
        await pilot.press("K")
        await settle(pilot, lambda: "Stop F3 SRCC?" in screen_text(pilot))
        await pilot.press("right", "enter")
        await settle(pilot, scored.run.stop.exists)


async def test_on_a_row_of_a_group_enter_opens_the_page_of_a_run_that_is_alive(
    scored: FakeRun, open_app: OpenApp, runs_dir: Path
) -> None:
    async with open_app() as pilot:
        runs = pilot.app.screen.query_one(RunList)
        await settle(pilot, lambda: len(runs.row_keys) == 7)
        await pilot.press("home", "enter")
        await settle(pilot, lambda: isinstance(pilot.app.screen, RunPage))
        await settle(pilot, lambda: "running" in screen_text(pilot))


async def test_the_keys_of_curves_work_on_the_page(scored: FakeRun, open_app: OpenApp) -> None:
    async with open_app((140, 40)) as pilot:
        await open_page(pilot, scored)
        curves = pilot.app.screen.query_one(Curves)
        await settle(pilot, lambda: any(plot.key == "loss" for plot in curves.plots))
        await pilot.press("x", "left_square_bracket", "c", "left")
        assert (curves.look.x_kind, curves.look.window) == (XKind.EPOCH, (0.25, 0.75))
        assert curves.look.cross is not None
        assert curves.look.cross < 1.0
        await pilot.press("c", "0")
        assert curves.look.cross is None


async def test_what_was_read_for_a_page_that_was_left_is_not_drawn(scored: FakeRun, open_app: OpenApp) -> None:
    """Its files are read in a thread, which may be slower than escape; the panels are gone then."""
    async with open_app() as pilot:
        await open_page(pilot, scored)
        page = pilot.app.screen
        assert isinstance(page, RunPage)
        assert page.can_draw
        await pilot.press("escape")
        await settle(pilot, lambda: not page.query(Facts))
        assert not page.can_draw
        page._take(RunDetails())
