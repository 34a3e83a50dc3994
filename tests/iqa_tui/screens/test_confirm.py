"""A question and its answers."""

from __future__ import annotations

import pytest
from textual.app import App

from iqa_tui.screens.confirm import Choice, ConfirmScreen
from tests.fakes.app import OpenApp, screen_text, settle

CHOICES = (Choice("keep", "Keep it running"), Choice("stop", "Stop it", "error"))


async def test_the_answers_stay_in_sight_however_long_the_text(open_app: OpenApp) -> None:
    async with open_app((80, 24)) as pilot:
        lines = [f"line {number} " + "word " * 30 for number in range(30)]
        pilot.app.push_screen(ConfirmScreen("Nothing was launched", lines, (Choice("close", "Close"),)))
        await settle(pilot, lambda: "line 0 " in screen_text(pilot) and "Close" in screen_text(pilot))
        for _ in range(8):
            await pilot.press("pagedown")
        await settle(pilot, lambda: "line 29 " in screen_text(pilot) and "Close" in screen_text(pilot))


@pytest.mark.parametrize(
    ("keys", "answer"),
    [(("enter",), "keep"), (("right", "enter"), "stop"), (("right", "escape"), "keep"), (("q",), "keep")],
)
async def test_the_first_answer_is_the_default_and_escape_gives_the_safe_one(
    keys: tuple[str, ...], answer: str
) -> None:
    answers: list[str | None] = []
    app = App[None]()
    async with app.run_test(size=(60, 15)) as pilot:
        app.push_screen(ConfirmScreen("Stop F2?", ["line"], CHOICES), answers.append)
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()
    assert answers == [answer]


async def test_another_answer_than_the_first_can_be_the_safe_one() -> None:
    answers: list[str | None] = []
    app = App[None]()
    async with app.run_test(size=(60, 15)) as pilot:
        app.push_screen(ConfirmScreen("Stop F2?", ["line"], CHOICES, safe="stop"), answers.append)
        await pilot.pause()
        await pilot.press("escape")
        await pilot.pause()
    assert answers == ["stop"]


async def test_a_title_and_a_text_with_brackets_are_no_markup() -> None:
    app = App[None]()
    async with app.run_test(size=(60, 15)) as pilot:
        app.push_screen(ConfirmScreen("Stop [bold]F2[/]?", ["KeyError: ['mos'] [red]"], CHOICES))
        await settle(pilot, lambda: "Stop [bold]F2[/]?" in screen_text(pilot))
        assert "KeyError: ['mos'] [red]" in screen_text(pilot)
