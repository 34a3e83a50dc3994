"""Lines that follow their end until the user scrolls up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from iqa_tui.monitor.log_screen import LogLine
from iqa_tui.monitor.log_text import LogText
from iqa_tui.widgets.log_view import SHIFT_COLUMNS, LogView


class LogApp(App[None]):
    CSS = "LogView { height: 10; }"

    def compose(self) -> ComposeResult:
        yield LogView()


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[Pilot[None], LogView]]:
    app = LogApp()
    async with app.run_test(size=(30, 12)) as pilot:
        log = app.query_one(LogView)
        log.focus()
        await pilot.pause()
        yield pilot, log


def lines(first: int, last: int, **options) -> LogText:
    made = tuple(LogLine(f"line {number}", (), 10 * number, number) for number in range(first, last))
    return LogText(made, **({"is_begin": first == 0, "total": last} | options))


async def test_new_lines_are_followed_until_the_user_scrolls_up_and_from_the_end_on() -> None:
    async with opened() as (pilot, log):
        log.show("F2", lines(0, 50))
        assert (log.is_following, log.lowest_line) == (True, "line 49")
        await pilot.press("up")
        assert (log.is_following, log.lowest_line) == (False, "line 48")
        log.show("F2", lines(0, 60))
        assert log.lowest_line == "line 48"
        assert log.render_line(9).text.rstrip() == "line 48"
        await pilot.press("end")
        assert (log.is_following, log.lowest_line) == (True, "line 59")


async def test_the_title_says_which_line_is_the_lowest() -> None:
    async with opened() as (pilot, log):
        log.show("", LogText())
        assert str(log.border_title) == "Log"
        log.show("F2", lines(0, 50))
        assert str(log.border_title) == "Log · F2 · following"
        await pilot.press("pageup")
        assert str(log.border_title) == "Log · F2 · line 41 of 50"


async def test_the_first_page_is_as_far_up_as_it_goes() -> None:
    async with opened() as (pilot, log):
        log.show("F2", lines(0, 50))
        await pilot.press("home", "up")
        assert log.lowest_line == "line 9"
        assert log.render_line(0).text.rstrip() == "line 0"


async def test_a_line_stays_in_its_place_while_older_ones_are_dropped() -> None:
    async with opened() as (pilot, log):
        log.show("F2", lines(0, 50))
        await pilot.press("up")
        log.show("F2", lines(20, 70))
        assert log.lowest_line == "line 48"
        log.show("F2", lines(45, 95))
        assert log.lowest_line == "line 54"


async def test_another_log_is_shown_from_its_end_and_unshifted() -> None:
    async with opened() as (pilot, log):
        log.show("F2", lines(0, 50))
        await pilot.press("up", "right")
        log.show("F3", lines(0, 30))
        assert (log.is_following, log.lowest_line) == (True, "line 29")
        assert log.render_line(9).text.rstrip() == "line 29"


async def test_a_log_that_is_called_something_else_stays_in_its_place() -> None:
    async with opened() as (pilot, log):
        log.show("F2 L2 (MSE)", lines(0, 50), log="run/1")
        await pilot.press("up")
        log.show("F2", lines(0, 50), log="run/1")
        assert (log.is_following, log.lowest_line) == (False, "line 48")
        log.show("F2", lines(0, 50), log="other/1")
        assert log.is_following


async def test_a_long_line_is_shifted_into_view_and_back() -> None:
    async with opened() as (pilot, log):
        log.show("F2", LogText((LogLine("x" * SHIFT_COLUMNS + "the end"),)))
        await pilot.press("right")
        assert log.render_line(0).text.rstrip() == "the end"
        await pilot.press("right", "right")
        assert log.render_line(0).text.rstrip() == "the end"
        await pilot.press("left", "left")
        assert log.render_line(0).text.startswith("xxx")


async def test_without_a_line_it_says_why() -> None:
    async with opened() as (_, log):
        log.show("F2", LogText(), empty="No output yet.")
        assert log.render_line(0).text.rstrip() == "No output yet."
        assert log.lowest_line == ""


async def test_a_number_that_is_estimated_says_so() -> None:
    async with opened() as (pilot, log):
        log.show("F2", lines(0, 50, total=3400, is_end=False, is_total_counted=False))
        await pilot.press("up")
        assert str(log.border_title) == "Log · F2 · line 49 of ~3,400"
        log.show("F2", lines(0, 50, total=3400, is_end=False, skipped=100, is_total_counted=False, is_counted=False))
        assert str(log.border_title) == "Log · F2 · line ~149 of ~3,400"
