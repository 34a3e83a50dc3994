"""A run that ends is said on every screen, in a row that covers neither the log nor the keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.app import IqaApp
from iqa_tui.front import telling
from iqa_tui.panels.log_tail import LogPanel
from iqa_tui.settings.file import SettingsRead
from iqa_tui.settings.values import Settings
from iqa_tui.widgets.message_row import MessageRow
from tests.fakes.app import OpenApp, screen_text, settle
from tests.fakes.run_folders import FakeRun

pytestmark = pytest.mark.screen

FAILED = "✗ F4 Rank failed: exit 1: CUDA out of memory"


@pytest.mark.parametrize("size", [(140, 40), (80, 24), (60, 15)])
async def test_it_stands_above_the_keys_and_covers_nothing(
    ablation: list[FakeRun], open_app: OpenApp, size: tuple[int, int]
) -> None:
    async with open_app(size) as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        pilot.app.screen.query_one(LogPanel).focus()
        await pilot.press("shift+tab", "tab")
        before = screen_text(pilot).splitlines()
        ablation[1].end()
        await settle(pilot, lambda: FAILED[:30] in screen_text(pilot))
        lines = screen_text(pilot).splitlines()
        row = next(place for place, line in enumerate(lines) if line.startswith(f" {FAILED[:30]}"))
        assert "leave" in lines[-1]
        assert lines[row - 1].startswith("╰"), "the panel above is whole"
        assert row in (len(lines) - 2, len(lines) - 3)
        assert "last line" in screen_text(pilot)
        pilot.app.clear_notifications()
        await settle(
            pilot, lambda: not any(line.startswith(f" {FAILED[:30]}") for line in screen_text(pilot).splitlines())
        )
        after = screen_text(pilot).splitlines()
        assert [line[:3] for line in after[-3:]] == [line[:3] for line in before[-3:]]


@pytest.mark.parametrize("room", ["launch", "results"])
async def test_it_is_said_on_the_other_screens_too(ablation: list[FakeRun], open_app: OpenApp, room: str) -> None:
    async with open_app(room=room) as pilot:
        await settle(pilot, lambda: "2 running" in screen_text(pilot))
        ablation[1].end()
        await settle(pilot, lambda: FAILED in screen_text(pilot))
        assert "leave" in screen_text(pilot).splitlines()[-1]
        await pilot.press("2")
        await settle(pilot, lambda: pilot.app.screen.id == "monitor" and f" {FAILED}" in screen_text(pilot))


async def test_what_ended_before_the_app_opened_is_not_told(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app() as pilot:
        await settle(pilot, lambda: "✗ failed" in screen_text(pilot))
        await pilot.pause(0.7)
        assert not list(pilot.app._notifications)


async def test_it_goes_after_its_time(
    ablation: list[FakeRun], open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "TOLD_SECONDS", 0.3)
    async with open_app() as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        ablation[1].end()
        await settle(pilot, lambda: f" {FAILED}" in screen_text(pilot))
        await settle(pilot, lambda: not pilot.app.screen.query_one(MessageRow).has_class("-said"))


async def test_of_several_messages_the_newest_is_shown(open_app: OpenApp) -> None:
    async with open_app() as pilot:
        pilot.app.notify("the first")
        pilot.app.notify("the second\nin two lines", title="Exported", severity="warning")
        await settle(pilot, lambda: "Exported: the second in two lines  (and 1 before it)" in screen_text(pilot))
        assert "the first" not in screen_text(pilot)
        await pilot.click(MessageRow)
        await settle(pilot, lambda: "the second" not in screen_text(pilot))


async def test_a_long_message_takes_three_lines_at_most(open_app: OpenApp) -> None:
    async with open_app((80, 24)) as pilot:
        pilot.app.notify("words " * 200)
        await settle(pilot, lambda: "words" in screen_text(pilot))
        lines = screen_text(pilot).splitlines()
        assert ["words" in line for line in lines[-5:]] == [False, True, True, True, False]
        assert "…" in lines[-2]
        await pilot.resize_terminal(20, 5)
        await settle(pilot, lambda: "words" not in screen_text(pilot))


class Heard:
    """What an app says besides what it draws."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bells = 0
        self.sequences: list[str] = []
        self.titles: list[str] = []
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.delenv("TMUX", raising=False)
        monkeypatch.setattr(IqaApp, "bell", lambda _app: setattr(self, "bells", self.bells + 1))
        monkeypatch.setattr(IqaApp, "_write", lambda _app, sequence: self.sequences.append(sequence))
        monkeypatch.setattr(IqaApp, "_set_title", lambda _app, words: self.titles.append(words))


@pytest.mark.parametrize(
    ("bell", "ends", "rings"),
    [("never", True, 0), ("trouble", True, 1), ("trouble", False, 0), ("always", False, 1)],
)
async def test_bell_notification_and_title_are_as_the_settings_want(
    ablation: list[FakeRun], open_app: OpenApp, monkeypatch: pytest.MonkeyPatch, bell: str, ends: bool, rings: int
) -> None:
    heard = Heard(monkeypatch)
    settings = Settings(bell=bell, osc="9")
    async with open_app(settings=SettingsRead(Path("s"), is_there=True, settings=settings)) as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        assert heard.titles[-1] == "iqa-tui: 2 running, 1 queued, 1 failed, 1 finished"
        if ends:
            ablation[1].end()
        else:
            ablation[1].finish()
        await settle(pilot, lambda: bool(heard.sequences))
        verb = "failed" if ends else "finished"
        assert heard.sequences[0].startswith("\x1b]9;iqa-tui: ")
        assert f"F4 Rank {verb}" in heard.sequences[0]
        assert heard.bells == rings
        assert heard.titles[-1].startswith("iqa-tui: 1 running")


async def test_neither_is_wanted_unless_asked_for(
    ablation: list[FakeRun], open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Heard(monkeypatch)
    settings = SettingsRead(Path("s"), is_there=True, settings=Settings(title=False))
    async with open_app(settings=settings) as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        ablation[1].end()
        await settle(pilot, lambda: f" {FAILED}" in screen_text(pilot))
    assert (heard.bells, heard.sequences, heard.titles) == (0, [], [])
