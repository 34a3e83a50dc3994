"""The size of the terminal. `tests/terminal` has the whole program on one."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios
from pathlib import Path

import pytest

from iqa_tui.widgets.terminal_driver import TerminalDriver


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
