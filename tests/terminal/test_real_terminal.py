"""The real program on a real pseudo-terminal, read back through a terminal emulator."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyte
import pytest

from iqa_tui.watch.terminal import HUNG_UP
from tests.fakes.run_folders import FakeRun, hold_dispatcher_lock, lifelike_ablation
from tests.fakes.terminal import PATIENCE_SECONDS, Terminal

CODE = "import sys; from pathlib import Path; from iqa_tui.app import run_app; sys.exit(run_app(Path(sys.argv[1])))"


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


def start(
    program: list[Terminal],
    tmp_path: Path,
    size: tuple[int, int],
    before: Sequence[str] = (),
    *,
    answers: bool = False,
    **env: str,
) -> Terminal:
    """Args:
    before: words of the command that starts the program.
    answers: see `Terminal`.
    """
    env = {"IQA_TUI_LEASES": str(tmp_path / "leases"), **env}
    (tmp_path / "leases").mkdir(exist_ok=True)
    terminal = Terminal([*before, sys.executable, "-c", CODE, str(tmp_path / "runs")], *size, env, answers=answers)
    program.append(terminal)
    return terminal


def leave(terminal: Terminal) -> None:
    terminal.press("q")
    terminal.wait_for_words("Leave them running")
    terminal.press("\r")
    assert terminal.wait_for_end() == 0


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
def test_all_three_screens_and_out_by_q(
    ablation: list[FakeRun], program: list[Terminal], tmp_path: Path, size: tuple[int, int]
) -> None:
    terminal = start(program, tmp_path, size)
    terminal.wait_for_words("● running", "✗ failed", "F3", "q leave")
    terminal.press("3")
    terminal.wait_for_words("0.9354", "SRCC", "e export")
    terminal.press("1")
    terminal.wait_for_words("koniq-losses", "[x]", "Command")
    terminal.press("2")
    terminal.wait_for_words("● running", "Runs")
    terminal.press("?")
    terminal.wait_for_words("Keys", "On this screen")
    terminal.press("\x1b")
    terminal.wait_until_gone("On this screen")
    leave(terminal)
    assert not any(fake.run.stop.exists() for fake in ablation)


def test_the_window_may_change_its_size_while_it_runs(
    ablation: list[FakeRun], program: list[Terminal], tmp_path: Path
) -> None:
    terminal = start(program, tmp_path, (140, 40))
    terminal.wait_for_words("● running", "Log")
    terminal.resize(80, 24)
    terminal.wait_for_words("● running", "q leave")
    terminal.resize(20, 5)
    terminal.wait_for_words("needs 60×15")
    terminal.resize(100, 30)
    terminal.wait_for_words("● running", "q leave")
    leave(terminal)


@pytest.mark.parametrize("place", [[], ["bash", "-c", '"$@" > /dev/null', "-"]], ids=["terminal", "output in a file"])
def test_the_size_is_that_of_the_terminal_whatever_the_environment_says(
    ablation: list[FakeRun], program: list[Terminal], tmp_path: Path, place: list[str]
) -> None:
    terminal = start(program, tmp_path, (140, 40), place, COLUMNS="60", LINES="15")
    terminal.wait_for_words("● running", "q leave")
    lines = terminal.text.splitlines()
    assert max(map(len, lines)) == 140
    assert "q leave" in lines[39]
    terminal.resize(100, 30)
    terminal.wait_for(r"(.*\n){29}.*q leave")
    leave(terminal)


def test_a_filter_typed_in_one_write_is_a_filter_and_a_hurried_enter_leaves_nothing(
    ablation: list[FakeRun], program: list[Terminal], tmp_path: Path
) -> None:
    terminal = start(program, tmp_path, (140, 40))
    terminal.wait_for_words("● running", "q leave")
    terminal.press("/pair\r")
    terminal.wait_for_words("matching “pair”", "F5")
    terminal.press("q\r\r")
    terminal.wait_for_words("Leave them running")
    terminal.read(0.5)
    assert terminal.process.poll() is None
    terminal.press("\r")
    assert terminal.wait_for_end() == 0


def test_ascii_and_no_color_reach_the_terminal(
    ablation: list[FakeRun], program: list[Terminal], tmp_path: Path
) -> None:
    terminal = start(program, tmp_path, (100, 30), LANG="C", LC_ALL="POSIX", PYTHONIOENCODING="ascii", NO_COLOR="1")
    terminal.wait_for_words("* running", "x failed", "q leave")
    assert terminal.text.isascii()
    colours = {cell.fg for line in terminal.screen.buffer.values() for cell in line.values()}
    assert all(_is_grey(colour) for colour in colours)
    leave(terminal)


def _is_grey(colour: str) -> bool:
    if not re.fullmatch("[0-9a-f]{6}", colour):
        return colour in ("default", "black", "white")
    red, green, blue = (int(colour[place : place + 2], 16) for place in (0, 2, 4))
    return max(red, green, blue) - min(red, green, blue) <= 12


def test_an_idle_screen_sends_nothing(program: list[Terminal], tmp_path: Path) -> None:
    FakeRun.queue(tmp_path / "runs", "F2").start().train(100).end()
    terminal = start(program, tmp_path, (140, 40))
    terminal.wait_for_words("✗ failed", "host")
    terminal.press("d")  # the devices, whose load changes
    terminal.read(1.5)
    before = terminal.received_bytes
    quiet_until = time.monotonic() + 3.0
    while time.monotonic() < quiet_until:
        terminal.read(0.5)
    assert terminal.received_bytes == before
    terminal.press("q")
    assert terminal.wait_for_end() == 0


def test_the_app_ends_with_its_terminal(ablation: list[FakeRun], program: list[Terminal], tmp_path: Path) -> None:
    terminal = start(program, tmp_path, (80, 24))
    terminal.wait_for_words("F2")
    terminal.vanish()
    assert terminal.process.wait(PATIENCE_SECONDS) == HUNG_UP
    assert not any(fake.run.stop.exists() for fake in ablation)


def shown(terminal: Terminal) -> list[list[pyte.screens.Char]]:
    """Every cell with its colours."""
    return [[line[x] for x in range(terminal.screen.columns)] for _, line in sorted(terminal.screen.buffer.items())]


def passes(row: list[pyte.screens.Char]) -> str:
    """Its text without a time that is left, if it has one: a minute may pass between two looks."""
    text = "".join(cell.data for cell in row)
    return re.sub(r"\d+ min", "", text) if " min" in text else ""


def resized(terminal: Terminal, columns: int, rows: int) -> None:
    """Change the size, and wait until the program shows it."""
    terminal.resize(columns, rows)
    terminal.wait_for(rf"(.*\n){{{rows - 1}}}.*q leave")


@pytest.mark.parametrize("answers", [False, True])
def test_what_differences_leave_on_screen_is_what_the_whole_would_show(
    ablation: list[FakeRun], program: list[Terminal], tmp_path: Path, answers: bool
) -> None:
    """Over three screens, a dialog, scrolling, a filter, another size: then every cell is written anew."""
    terminal = start(program, tmp_path, (140, 40), answers=answers)
    terminal.wait_for_words("● running", "q leave")
    terminal.press("d")  # the devices, whose load changes
    for keys in ("jjj kkl/pair", "\x1b", "13?", "\x1b", "2\tjj"):  # an escape in one write with a letter is alt
        terminal.press(keys)
        terminal.read(0.3)
    resized(terminal, 90, 30)
    terminal.press("kx++\t")
    resized(terminal, 120, 33)
    terminal.wait_for_words("Curves · smoothed 0.97 · over epochs", "w wrap")  # all keys were read
    terminal.read(2.0)
    before = shown(terminal)
    terminal.press("\x0c")
    bytes_before = terminal.received_bytes
    terminal.read(2.0)
    assert terminal.received_bytes - bytes_before > 2000, "all of it was written"
    for row, again in zip(before, shown(terminal), strict=True):
        assert row == again or passes(row) == passes(again) != ""
    leave(terminal)


@pytest.mark.parametrize("answers", [False, True])
def test_the_last_of_several_sizes_is_shown_whole_even_if_it_was_the_first_too(
    ablation: list[FakeRun], program: list[Terminal], tmp_path: Path, answers: bool
) -> None:
    """A terminal that is small for a moment cuts off lines, which the program must write again."""
    terminal = start(program, tmp_path, (120, 33), answers=answers)
    terminal.wait_for_words("● running", "q leave")
    for sizes in (((90, 30), (120, 33)), ((60, 20), (120, 33)), ((120, 33), (100, 30)), ((90, 20), (100, 30))):
        for columns, rows in sizes:
            terminal.resize(columns, rows)
        rows = sizes[-1][1]
        terminal.wait_for(rf"\A(.*\n){{{rows - 1}}}.*q leave")
        assert "iqa-tui" in terminal.text.splitlines()[0]
    leave(terminal)


def wait_until_idle(pid: int) -> None:
    """Wait until the program's main thread waits for something at nine of ten looks within a second."""
    for _ in range(120):
        states = []
        for _ in range(20):
            states.append(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0])
            time.sleep(0.05)
        if states.count("S") >= 18:
            return
    raise AssertionError(f"process {pid} is still busy after two minutes")


@pytest.mark.parametrize("answers", [False, True])
def test_a_terminal_that_stops_reading_gets_the_newest_state_and_no_queue_of_old_ones(
    ablation: list[FakeRun], program: list[Terminal], tmp_path: Path, answers: bool
) -> None:
    terminal = start(program, tmp_path, (140, 40), answers=answers)
    terminal.wait_for_words("● running", "q leave")
    for _ in range(100):
        terminal.press("3")
        time.sleep(0.02)
        terminal.press("2")
        time.sleep(0.02)
    terminal.press("?")
    wait_until_idle(terminal.process.pid)  # it has obeyed all keys, however busy the machine is
    before = terminal.received_bytes
    terminal.wait_for_words("On this screen")
    assert terminal.received_bytes - before < 500_000, "two hundred changes of the screen would be two million"
    terminal.press("\x1b")
    terminal.wait_until_gone("On this screen")
    leave(terminal)
