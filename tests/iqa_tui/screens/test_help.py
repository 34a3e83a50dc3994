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


async def test_help_is_the_same_whatever_has_the_focus(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app((140, 60)) as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        screen = pilot.app.screen
        told = []
        for keys in ((), ("tab",), ("tab",)):
            await pilot.press(*keys, "f1")
            await settle(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
            told.append(sorted(pilot.app.screen._entries))
            await pilot.press("f1")
            await settle(pilot, lambda: pilot.app.screen is screen)
        assert told[0] == told[1] == told[2]
        groups = {group for group, _, _ in told[0]}
        assert groups == {"On this screen", "In a table", "In the curves", "In the log", "Everywhere"}
        words = {description for _, _, description in told[0]}
        assert {"stop", "crosshair", "wrap", "leave", "half a page down"} <= words


async def test_f1_helps_in_a_field_and_leaves_what_was_typed(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app((140, 60)) as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        await pilot.press("slash", "F", "question_mark", "f1")
        await settle(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        assert "stop" in {description for _, _, description in pilot.app.screen._entries}
        await pilot.press("f1", "2")
        await settle(pilot, lambda: pilot.app.screen.query_one("#filter").value == "F?2")
