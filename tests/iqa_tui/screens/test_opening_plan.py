"""Opening a plan file by its path."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input

from iqa_tui.panels.plan_list import PlanList
from iqa_tui.queue.last_plans import last_plans
from tests.fakes.app import OpenApp, burst, flowing, screen_text, settle
from tests.iqa_tui.screens.conftest import PLAN


async def test_a_path_typed_in_one_burst_opens_its_plan_which_is_listed_from_then_on(
    plan_file: str, runs_dir: Path, open_app: OpenApp
) -> None:
    async with open_app(room="launch") as pilot:
        await settle(pilot, lambda: "koniq-losses" in screen_text(pilot))
        await burst(pilot, "o", *plan_file.removesuffix("all.toml"), "tab", "enter")
        await settle(pilot, lambda: "2 of 3 ticked · A small plan" in screen_text(pilot))
        plans = pilot.app.screen.query_one(PlanList)
        assert (plans.cursor_key, plans.row_keys[0]) == (plan_file, plan_file)
        assert not pilot.app.screen.query("#plan-path")
        await settle(pilot, lambda: last_plans(runs_dir) == [plan_file])


async def test_tab_completes_what_fits_and_lists_several(tmp_path: Path, open_app: OpenApp) -> None:
    for name in ("losses-a.toml", "losses-b.toml"):
        (tmp_path / name).write_text(PLAN)
    async with open_app((80, 24), room="launch") as pilot:
        await settle(pilot, lambda: "koniq-losses" in screen_text(pilot))
        await burst(pilot, "o", *f"{tmp_path}/lo", "tab")
        await settle(pilot, lambda: "losses-a.toml losses-b.toml" in flowing(screen_text(pilot)))
        assert pilot.app.screen.query_one("#plan-path", Input).value == f"{tmp_path}/losses-"


async def test_a_damaged_file_says_where_and_stays_in_the_field(tmp_path: Path, open_app: OpenApp) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text('name = "x"\ntitle = \n')
    async with open_app(room="launch") as pilot:
        await settle(pilot, lambda: "koniq-losses" in screen_text(pilot))
        await burst(pilot, "o", *str(broken), "enter")
        await settle(pilot, lambda: "at line 2, column 9" in flowing(screen_text(pilot)))
        assert "broken.toml" in flowing(screen_text(pilot))
        broken.write_text(PLAN)  # the user mends it and presses enter again
        await pilot.press("enter")
        await settle(pilot, lambda: "2 of 3 ticked · A small plan" in screen_text(pilot))


async def test_escape_closes_the_field_and_keys_are_keys_again(plan_file: str, open_app: OpenApp) -> None:
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "2 of 3 ticked" in screen_text(pilot))
        await burst(pilot, "o", *"/tmp", "escape", "a")
        await settle(pilot, lambda: "3 of 3 ticked" in screen_text(pilot))
        assert not pilot.app.screen.query("#plan-path")


async def test_a_folder_and_a_file_that_is_not_there_say_so(tmp_path: Path, open_app: OpenApp) -> None:
    async with open_app(room="launch") as pilot:
        await settle(pilot, lambda: "koniq-losses" in screen_text(pilot))
        await burst(pilot, "o", *str(tmp_path), "enter")
        await settle(pilot, lambda: "this is a folder" in flowing(screen_text(pilot)))
        await burst(pilot, *"/none.toml", "enter")
        await settle(pilot, lambda: "there is no such file" in flowing(screen_text(pilot)))
