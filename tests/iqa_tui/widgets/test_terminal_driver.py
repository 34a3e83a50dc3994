"""The size of the terminal. `tests/terminal` has the whole program on one."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios
from pathlib import Path

import pytest
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
