"""Searching, marking and saving in a log, by keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot

from iqa_tui.monitor.log_screen import LogLine
from iqa_tui.monitor.log_text import LogText
from iqa_tui.widgets.log_tool import LogTool
from iqa_tui.widgets.typed_line import TypedLine

SIZE = 10
"""Bytes of a line."""


class FakeHits:
    """Lines that hold a text, all found at once."""

    is_full = False

    def __init__(self, text: LogText, words: str, *, is_done: bool = True) -> None:
        self.offsets = [line.offset for line in text.lines if words in line.text]
        self.is_done = is_done

    def before(self, offset: int) -> int | None:
        return max((each for each in self.offsets if each < offset), default=None)

    def after(self, offset: int) -> int | None:
        return min((each for each in self.offsets if each > offset), default=None)

    def rank(self, offset: int) -> int:
        return sum(each <= offset for each in self.offsets)


class LogApp(App[None]):
    CSS = "LogTool { height: 12; border: solid white; }"

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Message] = []

    def compose(self) -> ComposeResult:
        yield LogTool()

    def on_log_view_wanted(self, message: LogTool.Wanted) -> None:
        self.asked.append(message)

    def on_log_tool_searched(self, message: LogTool.Searched) -> None:
        """As the thread does, but at once."""
        log = self.query_one(LogTool)
        log.show_hits(FakeHits(whole(), log.searched_words) if log.searched_words else None, 20, 1.0)
        log.show(log._log_name, whole())

    def on_log_tool_save_asked(self, message: LogTool.SaveAsked) -> None:
        self.asked.append(message)


def part(first: int, last: int) -> LogText:
    """Of a log of 200 lines; every tenth is an error."""
    lines = tuple(
        LogLine(f"{'error' if number % 10 == 0 else 'line'} {number}", (), SIZE * number, number)
        for number in range(first, last)
    )
    return LogText(lines, is_begin=first == 0, is_end=last == 200, total=200)


def whole() -> LogText:
    return part(0, 200)


@asynccontextmanager
async def opened(text: LogText | None = None) -> AsyncIterator[tuple[Pilot[None], LogTool]]:
    app = LogApp()
    async with app.run_test(size=(80, 14)) as pilot:
        log = app.query_one(LogTool)
        log.focus()
        log.show("F2", text or whole())
        await pilot.pause()
        yield pilot, log


def rows(log: LogTool) -> list[str]:
    return [log.render_line(y).text.rstrip() for y in range(10)]


async def test_a_search_goes_up_to_the_nearest_hit_and_n_and_shift_n_go_on_and_round() -> None:
    async with opened() as (pilot, log):
        await pilot.press("slash", *"error", "enter")
        assert str(log.border_title) == "Log · F2 · line 200 of 200 · “error” 20 of 20"
        assert rows(log)[0] == "error 190"
        await pilot.press("N")
        assert str(log.border_title).endswith("“error” 19 of 20")
        await pilot.press("n", "n")
        assert str(log.border_title).endswith("“error” 1 of 20")
        assert "error 0" in rows(log)
        await pilot.press("N")
        assert str(log.border_title).endswith("“error” 20 of 20")
        await pilot.press("escape")
        assert str(log.border_title).endswith(" of 200")


async def test_while_words_are_typed_no_letter_is_a_key_and_what_is_typed_is_seen() -> None:
    async with opened() as (pilot, log):
        await pilot.press("slash", *"vwsk")
        assert str(log.border_subtitle) == "/vwsk▏"
        assert (log.marked, log.is_following) == (None, True)
        assert log.check_consume_key("q", "q")
        await pilot.press("backspace", "backspace", "ctrl+u")
        pilot.app.post_message(events.Paste("line 5\nq"))
        await pilot.pause()
        assert str(log.border_subtitle) == "/line 5▏"
        await pilot.press("escape")
        assert str(log.border_subtitle) == ""
        assert not log.check_consume_key("q", "q")


async def test_hits_are_marked_and_the_one_that_is_looked_at_more_than_the_others() -> None:
    async with opened() as (pilot, log):
        await pilot.press("slash", *"line 19", "enter")
        here = log.render_line(rows(log).index("line 199"))
        other = log.render_line(rows(log).index("line 198"))
        assert next((segment.text, segment.style.reverse) for segment in here) == ("line 19", True)
        first = next(iter(other))
        assert (first.text, first.style.underline, first.style.reverse) == ("line 19", True, None)


async def test_the_key_for_errors_goes_from_the_newest_to_older_ones() -> None:
    async with opened() as (pilot, log):
        await pilot.press("E")
        assert "error 190" in rows(log)
        await pilot.press("E")
        assert str(log.border_title).endswith("“error” 19 of 20")


async def test_a_search_waits_for_what_is_not_searched_yet() -> None:
    async with opened() as (pilot, log):
        await pilot.press("slash", *"error", "enter")
        log.show_hits(FakeHits(part(0, 0), "error", is_done=False), 0, 0.25)
        await pilot.press("slash", *"error 3", "enter")
        log.show_hits(FakeHits(part(0, 0), "error 3", is_done=False), 0, 0.25)
        log._seeking = (-1, 1990)
        log.show("F2", whole())
        assert str(log.border_title).endswith("“error 3” 0 found · 25% searched")
        log.show_hits(FakeHits(whole(), "error 3"), 1, 1.0)
        log.show("F2", whole())
        assert str(log.border_title).endswith("“error 3” 1 of 1")
        assert "error 30" in rows(log)


async def test_what_is_not_there_is_said() -> None:
    async with opened() as (pilot, log):
        await pilot.press("slash", *"none", "enter")
        log.show_hits(FakeHits(whole(), "none"), 0, 1.0)
        log.show("F2", whole())
        assert str(log.border_title) == "Log · F2 · following · “none” not found"


async def test_a_range_grows_with_the_cursor_and_scrolls() -> None:
    async with opened() as (pilot, log):
        await pilot.press("v")
        assert log.marked_lines() == ["line 199"]
        await pilot.press("k", "up")
        assert log.marked_lines() == ["line 197", "line 198", "line 199"]
        assert log.lowest_line == "line 199"
        await pilot.press(*["up"] * 10)
        assert rows(log)[0] == "line 187"
        await pilot.press("escape")
        assert log.marked is None
        await pilot.press("v", "down", "down")
        assert log.marked_lines() == ["line 196", "line 197", "line 198"]


async def test_of_a_range_that_is_not_in_memory_the_text_is_not_known() -> None:
    async with opened() as (pilot, log):
        await pilot.press("v", "up")
        log.show("F2", part(0, 100))
        assert log.marked_lines() is None


async def test_a_log_or_a_range_is_saved_under_the_name_that_was_typed() -> None:
    async with opened() as (pilot, log):
        await pilot.press("s")
        assert str(log.border_subtitle) == "save the log as: output.log▏"
        await pilot.press("ctrl+u", *"a.txt", "enter")
        await pilot.press("up", "v", "up", "s", "enter")
        saved = [message for message in pilot.app.asked if isinstance(message, LogTool.SaveAsked)]
        assert [(message.name, message.first, message.end) for message in saved] == [
            ("a.txt", 0, None),
            ("output.log", 1970, 1990),
        ]


async def test_keys_pressed_faster_than_lines_are_read_go_as_far() -> None:
    async with opened(part(150, 200)) as (pilot, log):
        await pilot.press(*["pageup"] * 10)
        assert rows(log)[0] == "error 150"
        log.show("F2", part(50, 200))
        assert log.lowest_line == f"line {199 - 10 * 9}"
        await pilot.press("home")
        assert pilot.app.asked[-1].place == 0
        await pilot.press("down", "down")
        log.show("F2", part(0, 100))
        assert rows(log)[0] == "line 2"
        await pilot.press("end")
        assert pilot.app.asked[-1].place is None


async def test_another_log_is_not_searched() -> None:
    async with opened() as (pilot, log):
        await pilot.press("slash", *"error", "enter", "v")
        log.show("F3", part(0, 100))
        await pilot.pause()
        assert (log.searched_words, log.marked) == ("", None)
        assert str(log.border_title) == "Log · F3 · following"


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (["a", "b"], "ab"),
        (["a", "backspace", "backspace"], ""),
        (["a", "space", "b", "ctrl+w"], "a "),
        (["a", "ctrl+u"], ""),
        (["up"], "earlier"),
    ],
)
def test_a_line_is_typed(keys: list[str], text: str) -> None:
    typed = TypedLine("/", earlier="earlier")
    for key in keys:
        assert typed.take(key, {"space": " "}.get(key, key if len(key) == 1 else None))
    assert typed.text == text


def test_a_line_takes_no_key_that_means_nothing_and_one_line_of_what_is_pasted() -> None:
    typed = TypedLine("/")
    assert not typed.take("f5", None)
    typed.paste("a\x1bb\nc")
    assert typed.words(80) == "/ab▏"


def test_of_a_long_line_the_end_is_seen() -> None:
    typed = TypedLine("save as: ", "/a/long/path/to/画像.txt")
    assert typed.words(24) == "save as: …h/to/画像.txt▏"
    assert typed.words(5) == "save as: …▏"
