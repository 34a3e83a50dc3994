"""The size of the terminal. `tests/terminal` has the whole program on one."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import signal
import struct
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual import events
from textual.message import Message
from textual.messages import TerminalSupportsSynchronizedOutput

from iqa_tui.widgets import terminal_driver
from iqa_tui.widgets.terminal_driver import PATIENCE_SECONDS, WHETHER_SHOWN, TerminalDriver


def size_seen(descriptor: int) -> tuple[int, int]:
    driver = TerminalDriver.__new__(TerminalDriver)
    driver.fileno = descriptor
    return driver._get_terminal_size()


def test_the_terminals_own_size_counts_and_the_environments_only_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("LINES", "15")
    controller, terminal = pty.openpty()
    try:
        assert size_seen(terminal) == (60, 15)  # it has no size yet
        fcntl.ioctl(controller, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 140, 0, 0))
        assert size_seen(terminal) == (140, 40)
    finally:
        os.close(controller)
        os.close(terminal)
    with Path(os.devnull).open() as nothing:
        assert size_seen(nothing.fileno()) == (60, 15)


class FakeApp:
    """Takes what the driver posts, as Textual's and as ours does."""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []

    def post_message(self, message: Message) -> None:
        if isinstance(message, events.Resize):
            self.sizes.append(tuple(message.size))

    async def _post_message(self, message: Message) -> None:
        self.post_message(message)


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal of 80 × 24; signals are handled afterwards as they were before."""
    watched = (signal.SIGWINCH, signal.SIGTSTP, signal.SIGCONT, signal.SIGTTOU, signal.SIGTTIN)
    handlers = [(number, signal.getsignal(number)) for number in watched]
    ends = pty.openpty()
    set_size(ends[0], 80, 24)
    yield ends
    for number, handler in handlers:
        signal.signal(number, handler)
    for end in ends:
        os.close(end)


def set_size(controller: int, columns: int, lines: int) -> None:
    fcntl.ioctl(controller, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


async def test_of_two_sizes_that_follow_each_other_at_once_the_newest_stays(
    terminal: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second signal comes when the first size was read and is not yet posted."""
    controller, end = terminal
    app = FakeApp()
    sizes = [(100, 30), (120, 33)]

    def change() -> None:
        set_size(controller, *sizes.pop(0))
        signal.raise_signal(signal.SIGWINCH)

    class Disturbed(TerminalDriver):
        def _get_terminal_size(self) -> tuple[int, int]:
            size = super()._get_terminal_size()
            if size == (100, 30) and sizes:
                change()
            return size

    with os.fdopen(os.dup(end), "w") as file:
        driver = Disturbed(app)  # type: ignore[arg-type]  # as much of an app as it asks
        driver.fileno, driver._file = end, file
        driver.start_application_mode()
        try:
            await asyncio.sleep(0.05)
            change()
            await asyncio.sleep(0.05)
        finally:
            driver.stop_application_mode()
            driver.close()
    assert sizes == []
    assert app.sizes[-2:] == [(100, 30), (120, 33)]


class FakeWriter:
    """In the place of the thread that writes: takes nothing until it is told."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def write(self, text: str) -> None:
        self.texts.append(text)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(terminal_driver.time, "monotonic", lambda: now[0])
    return now


def driver() -> TerminalDriver:
    made = TerminalDriver.__new__(TerminalDriver)
    made._given = made._written = 0
    made._answers, made._asked_at = False, None
    made._writer_thread = FakeWriter()  # type: ignore[assignment]
    made.told = []  # type: ignore[attr-defined]
    made.when_ready = lambda: made.told.append("ready")  # type: ignore[attr-defined]
    return made


def test_it_is_not_ready_until_what_was_written_left_the_process(clock: list[float]) -> None:
    on = driver()
    assert on.is_ready
    on.write("one")
    on.write("two")
    on._taken()
    assert not on.is_ready
    assert on.told == []  # type: ignore[attr-defined]
    on._taken()
    assert on.is_ready
    assert on.told == ["ready"]  # type: ignore[attr-defined]


def test_a_terminal_that_never_answered_is_asked_nothing(clock: list[float]) -> None:
    on = driver()
    on.ask_whether_shown()
    assert on.is_ready
    assert on._writer_thread.texts == []  # type: ignore[union-attr]


def test_one_that_answers_is_ready_when_it_answered(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    passed_on: list[object] = []
    monkeypatch.setattr(terminal_driver.LinuxDriver, "process_message", lambda _, message: passed_on.append(message))
    on, answer = driver(), TerminalSupportsSynchronizedOutput()
    on.process_message(answer)  # to Textual's own question, when the app began
    assert passed_on == [answer]
    on.ask_whether_shown()
    on._taken()
    assert on._writer_thread.texts == [WHETHER_SHOWN]  # type: ignore[union-attr]
    assert not on.is_ready
    on.process_message(answer)
    assert on.is_ready
    assert passed_on == [answer], "Textual asked once"


def test_an_answer_that_is_lost_is_not_waited_for_longer(clock: list[float]) -> None:
    on = driver()
    on._answers = True
    on.ask_whether_shown()
    on._taken()
    clock[0] += PATIENCE_SECONDS - 0.1
    assert not on.is_ready
    clock[0] += 0.2
    assert on.is_ready
