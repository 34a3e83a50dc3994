"""The thread that reads the log that is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.message import Message

from iqa_tui.messages import LogChanged
from iqa_tui.monitor.log_pattern import log_pattern
from iqa_tui.monitor.log_text import LogWish
from iqa_tui.watch.log_watcher import LogWatcher
from tests.fakes.posted import Posted


@pytest.fixture
def posted() -> Posted:
    return Posted()


@pytest.fixture
def watcher(posted: Posted) -> Iterator[LogWatcher]:
    made = LogWatcher(posted.append, period_seconds=0.01)
    made.start()
    yield made
    made.stop()


def is_log(output: Path, *texts: str):
    def found(message: Message) -> bool:
        return isinstance(message, LogChanged) and message.output == output and message.text.texts == texts

    return found


def test_the_log_that_is_read_is_posted_as_it_grows(tmp_path: Path, watcher: LogWatcher, posted: Posted) -> None:
    one, two = tmp_path / "one.log", tmp_path / "two.log"
    one.write_text("one\n")
    watcher.read(one, LogWish())
    posted.wait_for(is_log(one, "one"))
    with one.open("a") as file:
        file.write("more\n")
    posted.wait_for(is_log(one, "one", "more"))
    watcher.read(two, LogWish())
    posted.wait_for(is_log(two))
    two.write_text("two\n")
    posted.wait_for(is_log(two, "two"))


def test_what_is_searched_is_found_at_once(tmp_path: Path, posted: Posted) -> None:
    output = tmp_path / "output.log"
    output.write_text("here\nthere\nnot\n")
    watcher = LogWatcher(posted.append, period_seconds=60)
    watcher.start()
    watcher.read(output, LogWish())
    posted.wait_for(is_log(output, "here", "there", "not"))
    watcher.read(output, LogWish(pattern=log_pattern("HERE")))
    watcher.read(output, LogWish(pattern=log_pattern("here")))
    posted.wait_for(lambda message: isinstance(message, LogChanged) and message.text.hits == 2)
    watcher.stop()


def test_nothing_is_posted_while_nothing_is_new(tmp_path: Path, watcher: LogWatcher, posted: Posted) -> None:
    output = tmp_path / "output.log"
    output.write_text("one\n")
    watcher.read(output, LogWish())
    posted.wait_for(is_log(output, "one"))
    count = len(posted)
    (tmp_path / "other.log").write_text("other\n")
    for _ in range(3):
        watcher.read(output, LogWish())
    watcher.read(tmp_path / "other.log", LogWish())
    posted.wait_for(is_log(tmp_path / "other.log", "other"))
    assert sum(message.output == output for message in posted) == count
