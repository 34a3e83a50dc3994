"""The palette offers what can be done with the run under the cursor, with its key and with other programs' words."""

from __future__ import annotations

import pytest
from textual.command import CommandPalette

from iqa_tui.front.peers import PEERS
from iqa_tui.panels.run_list import RunList
from iqa_tui.screens.confirm import ConfirmScreen
from iqa_tui.settings.actions import ACTIONS
from tests.fakes.app import OpenApp, burst, screen_text, settle
from tests.fakes.run_folders import FakeRun

pytestmark = pytest.mark.screen


async def test_what_concerns_the_run_comes_first_with_its_key(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app() as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        table = pilot.app.screen.query_one(RunList)
        table.move_to(ablation[0].run.run_id)
        offered = {title: words for title, words, *_ in pilot.app.get_system_commands(pilot.app.screen)}
        titles = list(offered)
        assert "F3 SRCC: stop (cancel, terminate, kill)" in titles[: titles.index("Launch")]
        assert offered["F3 SRCC: stop (cancel, terminate, kill)"].startswith("K · turm c cancels · nvitop T terminates")
        assert not [title for title in titles if title.startswith(("F3 SRCC: retry", "F3 SRCC: hold"))]
        assert "F3 SRCC: select (tag)" in titles
        table.move_to(next(key for key in table.row_keys if "_l1_" in key))
        titles = [command.title for command in pilot.app.get_system_commands(pilot.app.screen)]
        assert [title for title in titles if title.startswith("F1 L1 (MAE): retry")]
        assert not [title for title in titles if ": stop" in title]


async def test_an_action_is_found_by_another_programs_word_and_done(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app() as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        pilot.app.screen.query_one(RunList).move_to(ablation[0].run.run_id)
        await pilot.press("ctrl+p")
        await settle(pilot, lambda: CommandPalette.is_open(pilot.app))
        await pilot.press(*"terminate")
        await settle(pilot, lambda: "F3 SRCC: stop" in screen_text(pilot))
        await pilot.pause(0.3)
        await pilot.press("enter")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        assert "Stop F3 SRCC?" in screen_text(pilot)
        assert not ablation[0].run.stop.exists()


async def test_every_action_on_which_peers_disagree_has_our_key_and_theirs(
    ablation: list[FakeRun], open_app: OpenApp
) -> None:
    async with open_app() as pilot:
        await settle(pilot, lambda: "○ queued" in screen_text(pilot))
        await pilot.press("G")  # of a queued run there is most to order
        offered = {title: words for title, words, *_ in pilot.app.get_system_commands(pilot.app.screen)}
        for action, peers in PEERS.items():
            titles = [title for title, words in offered.items() if words.endswith(f" · {peers.keys}")]
            assert any(f"({peers.names})" in title or not peers.names for title in titles), action


async def test_the_actions_of_what_has_not_the_focus_are_offered_too(
    ablation: list[FakeRun], open_app: OpenApp
) -> None:
    async with open_app() as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        titles = [command.title for command in pilot.app.get_system_commands(pilot.app.screen)]
        assert len(titles) == len(set(titles))
        assert [title for title in titles if title.startswith("Follow") or "follow" in title]
        await burst(pilot, "slash", "x")
        assert [command.title for command in pilot.app.get_system_commands(pilot.app.screen)]


def test_the_peers_words_are_of_actions_that_there_are() -> None:
    known = {action.removeprefix("screen.") for action in ACTIONS}
    assert set(PEERS) <= known
