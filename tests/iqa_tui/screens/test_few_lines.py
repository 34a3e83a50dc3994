"""Dialogs in a terminal of few lines."""

from __future__ import annotations

import pytest
from textual.widgets import Button

from tests.fakes.app import OpenApp, screen_text, settle


@pytest.mark.usefixtures("ablation")
@pytest.mark.parametrize(
    ("size", "keys", "answers"),
    [((60, 15), ["3", "e"], ["write", "cancel"]), ((60, 15), ["C"], ["done", "fitting", "leave"]),
     ((20, 5), ["K"], ["choice-keep"]), ((80, 24), ["K"], ["choice-keep", "choice-stop"])],
)  # fmt: skip
async def test_the_answers_of_a_dialog_are_in_sight(
    open_app: OpenApp, size: tuple[int, int], keys: list[str], answers: list[str]
) -> None:
    async with open_app((80, 24)) as pilot:
        await pilot.press(*keys)
        await settle(pilot, lambda: pilot.app.screen.is_modal)
        await pilot.resize_terminal(*size)
        await pilot.pause()
        screen = pilot.app.screen
        for button in answers:
            place = screen.find_widget(screen.query_one(f"#{button}", Button))
            assert place.visible_region.height == 1, button


@pytest.mark.usefixtures("ablation")
async def test_a_panel_that_had_the_whole_screen_is_not_drawn_if_there_is_room_for_one_line_alone(
    open_app: OpenApp,
) -> None:
    async with open_app((80, 24)) as pilot:
        await pilot.press("z")
        await pilot.resize_terminal(20, 5)
        await settle(pilot, lambda: screen_text(pilot).split() == ["needs", "60×15"])
        await pilot.resize_terminal(80, 24)
        await settle(pilot, lambda: "Curves" in screen_text(pilot))
