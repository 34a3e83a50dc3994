"""A user's own keys: they do what they were given to, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from iqa_tui.panels.run_list import RunList
from iqa_tui.settings.file import SettingsRead
from iqa_tui.settings.values import Settings
from tests.fakes.app import OpenApp, screen_text, settle
from tests.fakes.run_folders import FakeRun

pytestmark = pytest.mark.screen


def with_keys(keys: Mapping[str, Sequence[str]], *mistakes: str) -> SettingsRead:
    settings = Settings(keys={action: tuple(several) for action, several in keys.items()})
    return SettingsRead(Path("s.toml"), is_there=True, settings=settings, mistakes=mistakes)


async def test_an_action_has_the_users_keys_and_not_its_own(ablation: list[FakeRun], open_app: OpenApp) -> None:
    keys = {"mark": ["j", "ctrl+t"], "help": ["f8"], "room('results')": ["!"], "stop_run": ["?"]}
    async with open_app(settings=with_keys(keys)) as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        screen = pilot.app.screen
        table = screen.query_one(RunList)
        row = table.cursor_key
        await pilot.press("j")  # a key of the focused table, too
        assert screen.view.marked
        assert table.cursor_key == row
        await pilot.press("ctrl+t", "space")
        assert not screen.view.marked
        bound = {key: active.binding.action for key, active in screen.active_bindings.items()}
        assert (bound["question_mark"], bound["f8"]) == ("stop_run", "help")
        assert "K" not in bound
        assert "j mark" in screen_text(pilot).splitlines()[-1].replace("select", "mark")
        await pilot.press("exclamation_mark")
        await settle(pilot, lambda: pilot.app.screen.id == "results")
        await pilot.press("j", "2")  # there `j` is the table's again
        await settle(pilot, lambda: pilot.app.screen.id == "monitor")


async def test_in_a_field_a_key_is_a_letter(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app(settings=with_keys({"stop_run": ["x"], "other_axis": ["f9"]})) as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        await pilot.press("slash", "x")
        await settle(pilot, lambda: pilot.app.screen.view.filter == "x")
        assert pilot.app.screen.id == "monitor"


async def test_a_mistake_in_the_settings_is_said_and_the_app_opens(open_app: OpenApp) -> None:
    async with open_app(settings=with_keys({}, "s.toml, line 3: theme = 'drak': use one of …")) as pilot:
        await settle(pilot, lambda: bool(pilot.app._notifications))
        assert [note.message for note in pilot.app._notifications] == ["s.toml, line 3: theme = 'drak': use one of …"]
