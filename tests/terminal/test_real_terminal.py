"""The real program on a real pseudo-terminal, read back through a terminal emulator."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pyte
import pytest

from tests.fakes.run_folders import FakeRun, hold_dispatcher_lock, lifelike_ablation

CODE = "import sys; from pathlib import Path; from iqa_tui.app import run_app; sys.exit(run_app(Path(sys.argv[1])))"
PRIVATE = re.compile(r"\x1b\[[<=>][0-9;]*[a-zA-Z]")
"""Keyboard protocol sequences that pyte takes for text."""


class Terminal:
    """A program on a pty and what its screen shows."""

    def __init__(self, argv: list[str], size: tuple[int, int], env: dict[str, str]) -> None:
        self.screen = pyte.Screen(*size)
        self._stream = pyte.Stream(self.screen)
        self.received = 0
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            os.execvpe(argv[0], argv, os.environ | {"TERM": "xterm-256color", "LANG": "C.UTF-8"} | env)
        self.resize(size)

    def resize(self, size: tuple[int, int]) -> None:
        columns, lines = size
        self.screen.resize(lines, columns)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def read(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            ready, _, _ = select.select([self._master], [], [], left)
            if not ready:
                return
            try:
                chunk = os.read(self._master, 1 << 16)
            except OSError:  # the program closed its side
                return
            self.received += len(chunk)
            self._stream.feed(PRIVATE.sub("", chunk.decode(errors="replace")))

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def wait_for(self, *words: str, seconds: float = 20.0) -> str:
        until = time.monotonic() + seconds
        while not all(word in self.text for word in words):
            assert time.monotonic() < until, f"{words} never came; there is\n{self.text}"
            self.read(0.05)
        return self.text

    def wait_until_gone(self, words: str, seconds: float = 20.0) -> None:
        until = time.monotonic() + seconds
        while words in self.text:
            assert time.monotonic() < until, f"{words} is still there:\n{self.text}"
            self.read(0.05)

    def exit_code(self, seconds: float = 20.0) -> int:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
        raise AssertionError(f"it did not end; there is\n{self.text}")

    def close(self) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._master)


@pytest.fixture
def ablation(tmp_path: Path) -> Iterator[list[FakeRun]]:
    running = lifelike_ablation(tmp_path / "runs")
    for fake in running:
        fake.print("\x1b[31mepoch 4/5\x1b[0m [bold]step[/bold]\n")
    with contextlib.ExitStack() as held:
        for descriptor in [descriptor for fake in running for descriptor in fake.hold()]:
            held.callback(os.close, descriptor)
        yield running


@pytest.fixture
def program(tmp_path: Path) -> Iterator[list[Terminal]]:
    """What was started; ended after the test."""
    opened: list[Terminal] = []
    dispatching = hold_dispatcher_lock(tmp_path / "runs")
    yield opened
    os.close(dispatching)
    for terminal in opened:
        terminal.close()


def start(program: list[Terminal], tmp_path: Path, size: tuple[int, int], **env: str) -> Terminal:
    env = {"IQA_TUI_LEASES": str(tmp_path / "leases"), **env}
    (tmp_path / "leases").mkdir(exist_ok=True)
    terminal = Terminal([sys.executable, "-c", CODE, str(tmp_path / "runs")], size, env)
    program.append(terminal)
    return terminal


def leave(terminal: Terminal) -> None:
    terminal.press("q")
    terminal.wait_for("Leave them running")
    terminal.press("\r")
    assert terminal.exit_code() == 0


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
def test_all_three_screens_and_out_by_q(
    ablation: list[FakeRun], program: list[Terminal], tmp_path: Path, size: tuple[int, int]
) -> None:
    terminal = start(program, tmp_path, size)
    terminal.wait_for("● running", "✗ failed", "F3", "q leave")
    terminal.press("3")
    terminal.wait_for("0.9354", "SRCC", "e export")
    terminal.press("1")
    terminal.wait_for("koniq-losses", "[x]", "Command")
    terminal.press("2")
    terminal.wait_for("● running", "Runs")
    terminal.press("?")
    terminal.wait_for("Keys", "On this screen")
    terminal.press("\x1b")
    terminal.wait_until_gone("On this screen")
    leave(terminal)
    assert not any(fake.run.stop.exists() for fake in ablation)


def test_the_window_may_change_its_size_while_it_runs(
    ablation: list[FakeRun], program: list[Terminal], tmp_path: Path
) -> None:
    terminal = start(program, tmp_path, (140, 40))
    terminal.wait_for("● running", "Log")
    terminal.resize((80, 24))
    terminal.wait_for("● running", "q leave")
    terminal.resize((20, 5))
    terminal.wait_for("needs 60×15")
    terminal.resize((100, 30))
    terminal.wait_for("● running", "q leave")
    leave(terminal)


def test_ascii_and_no_color_reach_the_terminal(
    ablation: list[FakeRun], program: list[Terminal], tmp_path: Path
) -> None:
    terminal = start(program, tmp_path, (100, 30), LANG="C", LC_ALL="POSIX", PYTHONIOENCODING="ascii", NO_COLOR="1")
    terminal.wait_for("* running", "x failed", "q leave")
    assert terminal.text.isascii()
    colours = {cell.fg for line in terminal.screen.buffer.values() for cell in line.values()}
    assert all(_is_grey(colour) for colour in colours)
    leave(terminal)


def _is_grey(colour: str) -> bool:
    if not re.fullmatch("[0-9a-f]{6}", colour):
        return colour in ("default", "black", "white")
    red, green, blue = (int(colour[place : place + 2], 16) for place in (0, 2, 4))
    return max(red, green, blue) - min(red, green, blue) <= 12


def test_an_idle_screen_sends_next_to_nothing(program: list[Terminal], tmp_path: Path) -> None:
    FakeRun.queue(tmp_path / "runs", "F2").start().train(100).end()
    terminal = start(program, tmp_path, (140, 40))
    terminal.wait_for("✗ failed", "host")
    terminal.press("g")  # the devices, whose load changes
    terminal.read(1.5)
    before = terminal.received
    quiet_until = time.monotonic() + 3.0
    while time.monotonic() < quiet_until:
        terminal.read(0.5)
    assert terminal.received - before < 500
    terminal.press("q")
    assert terminal.exit_code() == 0
