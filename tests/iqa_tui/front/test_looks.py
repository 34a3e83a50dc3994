"""Light or dark: the settings file, then the user's last choice, then the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.settings.file import SettingsRead
from iqa_tui.settings.values import Settings
from iqa_tui.widgets.background import BackgroundTold
from tests.fakes.app import OpenApp, settle

pytestmark = pytest.mark.screen


def with_theme(theme: str) -> SettingsRead:
    return SettingsRead(Path("s.toml"), is_there=True, settings=Settings(theme=theme))


@pytest.fixture(autouse=True)
def _no_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLORFGBG", raising=False)


async def test_the_terminal_says_it_and_the_next_app_begins_so(open_app: OpenApp) -> None:
    async with open_app() as pilot:
        assert pilot.app.theme == "iqa-dark"
        pilot.app.post_message(BackgroundTold(is_light=True))
        await settle(pilot, lambda: pilot.app.theme == "iqa-light")
    async with open_app() as pilot:
        assert pilot.app.theme == "iqa-light"
        pilot.app.post_message(BackgroundTold(is_light=False))
        await settle(pilot, lambda: pilot.app.theme == "iqa-dark")


async def test_without_an_answer_colorfgbg_says_it(open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORFGBG", "0;15")
    async with open_app() as pilot:
        assert pilot.app.theme == "iqa-light"


async def test_what_the_user_chose_is_kept_whatever_the_terminal_says(open_app: OpenApp) -> None:
    async with open_app() as pilot:
        pilot.app.action_other_theme()
        pilot.app.post_message(BackgroundTold(is_light=False))
        await pilot.pause()
        assert pilot.app.theme == "iqa-light"
    async with open_app() as pilot:
        assert pilot.app.theme == "iqa-light"
        pilot.app.post_message(BackgroundTold(is_light=False))
        await pilot.pause()
        assert pilot.app.theme == "iqa-light"


async def test_the_settings_file_comes_first(open_app: OpenApp) -> None:
    async with open_app() as pilot:
        pilot.app.action_other_theme()
        await pilot.pause()
    async with open_app(settings=with_theme("dark")) as pilot:
        assert pilot.app.theme == "iqa-dark"
        pilot.app.post_message(BackgroundTold(is_light=True))
        await pilot.pause()
        assert pilot.app.theme == "iqa-dark"
    async with open_app(settings=with_theme("light")) as pilot:
        assert pilot.app.theme == "iqa-light"


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_the_app_opens_in_the_colours_of_its_theme(open_app: OpenApp, theme: str) -> None:
    async with open_app(settings=with_theme(theme)) as pilot:
        nodes = list(pilot.app.screen.walk_children(with_self=True))
        opened_with = [node.styles.base.get_rules() for node in nodes]
        assert any(rules.get("background") for rules in opened_with)
        pilot.app.refresh_css(animate=False)
        assert [node.styles.base.get_rules() for node in nodes] == opened_with
