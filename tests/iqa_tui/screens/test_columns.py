"""The dialog for the columns of the table of runs."""

from __future__ import annotations

from iqa_tui.screens.columns import ColumnsScreen
from tests.fakes.app import OpenApp, burst, screen_text, settle
from tests.fakes.run_folders import FakeRun


async def test_columns_are_chosen_and_given_back_to_the_width(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app() as pilot:
        await settle(pilot, lambda: "F5" in screen_text(pilot))
        screen = pilot.app.screen

        def heading() -> list[str]:
            return screen_text(pilot).splitlines()[2].strip("│").split("│")[0].split()

        assert heading() == ["id", "experiment", "state", "device", "progress", "left", "loss", "val", "SRCC"]
        await burst(pilot, "C", "down", "down", "space", "enter")  # without the device
        await settle(pilot, lambda: pilot.app.screen is screen and "device" not in heading())
        await pilot.press("C")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ColumnsScreen))
        assert "[ ] device" in screen_text(pilot)
        await pilot.press("G", "k", "k", "space", "escape")
        assert "took" not in heading()
        await pilot.press("C", "G", "k", "k", "space", "enter")
        await settle(pilot, lambda: heading()[-1] == "took")
        await pilot.press("C", "tab", "tab", "enter")
        await settle(pilot, lambda: "device" in heading())
        assert screen.view.columns == ()
