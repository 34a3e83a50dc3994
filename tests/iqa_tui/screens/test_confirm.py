"""A question and its answers."""

from __future__ import annotations

from iqa_tui.screens.confirm import Choice, ConfirmScreen
from tests.fakes.app import OpenApp, screen_text, settle


async def test_the_answers_stay_in_sight_however_long_the_text(open_app: OpenApp) -> None:
    async with open_app((80, 24)) as pilot:
        lines = [f"line {number} " + "word " * 30 for number in range(30)]
        pilot.app.push_screen(ConfirmScreen("Nothing was launched", lines, (Choice("close", "Close"),)))
        await settle(pilot, lambda: "line 0 " in screen_text(pilot) and "Close" in screen_text(pilot))
        for _ in range(8):
            await pilot.press("pagedown")
        await settle(pilot, lambda: "line 29 " in screen_text(pilot) and "Close" in screen_text(pilot))
