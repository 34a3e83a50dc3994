"""Every key that does something, in the help."""

from __future__ import annotations

from iqa_tui.screens.help import HelpScreen
from tests.fakes.app import OpenApp, screen_text, settle
from tests.fakes.run_folders import FakeRun


async def test_help_names_every_key_of_the_screen(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app((140, 60)) as pilot:
        screen = pilot.app.screen
        described = {b.binding.description for b in screen.active_bindings.values() if b.binding.description}
        await pilot.press("question_mark")
        await settle(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        shown = {description for _, _, description in pilot.app.screen._entries}
        assert described - shown == {"Copy selected text"}
        assert "? " in screen_text(pilot)
        await pilot.press("escape")
        await settle(pilot, lambda: pilot.app.screen is screen)
