"""The log on the monitor screen: its keys, with the thread that reads it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual import events
from textual.pilot import Pilot

from iqa_tui.panels.log_tail import LogPanel
from iqa_tui.panels.run_list import RunList
from tests.fakes.app import OpenApp, burst, screen_text, settle
from tests.fakes.run_folders import FakeRun

TRACE = "Traceback (most recent call last):\n  File x\nValueError: \x1b[31mno\x1b[0m\n"


@asynccontextmanager
async def log_of(
    fake: FakeRun, open_app: OpenApp, size: tuple[int, int] = (140, 40)
) -> AsyncIterator[tuple[Pilot[None], LogPanel]]:
    async with open_app(size) as pilot:
        runs, log = pilot.app.screen.query_one(RunList), pilot.app.screen.query_one(LogPanel)
        await settle(pilot, lambda: len(runs.row_keys) >= 6)
        runs.move_to(fake.run.run_id)
        await settle(pilot, lambda: log.lowest_line != "")
        pilot.app.screen.before_focus(log)
        log.focus()
        await pilot.pause()
        yield pilot, log


async def test_words_typed_in_one_burst_are_searched_in_all_of_the_log(
    ablation: list[FakeRun], open_app: OpenApp
) -> None:
    ablation[0].print("here it is\n" + "a line that fills the log\n" * 40_000)
    async with log_of(ablation[0], open_app) as (pilot, log):
        await burst(pilot, *"/here", "enter")
        await settle(pilot, lambda: str(log.border_title).endswith("· “here” 1 of 1"))
        await settle(pilot, lambda: "here it is" in screen_text(pilot))
        assert pilot.app.focused is log
        await pilot.press("end")
        assert log.is_following


async def test_the_key_for_errors_finds_the_traceback_and_its_lines_are_copied_as_text(
    ablation: list[FakeRun], open_app: OpenApp
) -> None:
    ablation[0].print(TRACE + "clean up\n" * 3000)
    async with log_of(ablation[0], open_app) as (pilot, log):
        await pilot.press("E")
        await settle(pilot, lambda: "Traceback" in screen_text(pilot))
        await pilot.press("v", "j", "j", "y")
        assert pilot.app.clipboard == "Traceback (most recent call last):\n  File x\nValueError: no"
        (said,) = [notice.message for notice in pilot.app._notifications]
        assert said == "Copied 3 lines of the log, as plain text. A shell would run each as a command."
        assert log.marked is None


async def test_a_log_is_saved_and_a_file_is_replaced_only_after_a_question(
    ablation: list[FakeRun], open_app: OpenApp, tmp_path: Path
) -> None:
    ablation[0].print(TRACE)
    path = tmp_path / "log.txt"
    async with log_of(ablation[0], open_app) as (pilot, _):
        await pilot.press("s", "ctrl+u", *str(path), "enter")
        await settle(pilot, path.exists)
        assert path.read_text().endswith("ValueError: no\n")
        path.write_text("mine")
        await pilot.press("s", "ctrl+u", *str(path), "enter")
        await settle(pilot, lambda: "Replace the file?" in screen_text(pilot))
        await pilot.press("enter")
        assert path.read_text() == "mine"
        await pilot.press("s", "ctrl+u", *str(path), "enter")
        await settle(pilot, lambda: "Replace the file?" in screen_text(pilot))
        await pilot.press("right", "enter")
        await settle(pilot, lambda: path.read_text() != "mine")


async def test_z_gives_the_log_the_whole_screen_and_the_focus_stays(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with log_of(ablation[0], open_app, (80, 24)) as (pilot, log):
        before = log.size.height
        await pilot.press("z")
        await settle(pilot, lambda: log.size.height > 15)
        await pilot.press("z")
        await settle(pilot, lambda: log.size.height == before)
        assert pilot.app.focused is log


async def test_the_title_has_the_runs_colour(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with log_of(ablation[0], open_app) as (_, log):
        (name,) = log._border_title.spans
        assert log._border_title.plain[name.start : name.end] == "F3 SRCC"
        assert str(name.style).startswith("#")


async def test_a_click_focuses_the_log_and_the_wheel_scrolls_it(ablation: list[FakeRun], open_app: OpenApp) -> None:
    ablation[0].print("".join(f"line {number}\n" for number in range(100)))
    async with log_of(ablation[0], open_app) as (pilot, log):
        pilot.app.screen.query_one(RunList).focus()
        await pilot.click(LogPanel, offset=(5, 3))
        assert pilot.app.focused is log
        await pilot._post_mouse_events([events.MouseScrollUp], widget=log, offset=(5, 3))
        assert log.lowest_line == "line 96"
