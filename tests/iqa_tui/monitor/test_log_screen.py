"""What a trainer printed, as a terminal would show it."""

from __future__ import annotations

import io
import os
from itertools import pairwise

import pyte
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyte import modes
from rich.console import Console
from rich.progress import Progress
from tqdm import tqdm

from iqa_tui.monitor.log_screen import HEIGHT, LONGEST_LINE, WIDTH, LogLine, LogScreen
from training.runfolder.text import plain


def shown(*pieces: bytes) -> list[LogLine]:
    """All lines of a log that was fed in these pieces."""
    screen, lines = LogScreen(), []
    for piece in pieces:
        lines += screen.feed(piece)
    return lines + screen.rows()


def texts(raw: bytes) -> list[str]:
    return [line.text for line in shown(raw)]


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        (b" 10%\r 50%\r100% done", "100% done"),
        (b"100% done\r", "100% done"),
        (b"a longer one\rshort", "shortger one"),
        (b"a longer one\r\x1b[Kshort", "short"),
        (b"windows line\r\n", "windows line"),
        (b"\x1b[2J\x1b[Hcleared?", "cleared?"),
        (b"\x1b]0;a title\x07text", "text"),
        (b"\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"\x1b]52;c;ZXZpbA==\x07clipboard", "clipboard"),
        (b"\x1bPq#0;2;0;0;0\x1b\\picture", "picture"),
        (b"\x1b_Gf=24;AAAA\x1b\\kitty", "kitty"),
        (b"\x1b[?1049h\x1b[?1000hmouse\x1b[?25l", "mouse"),
        (b"\x1b(0lqk\x1b(B", "lqk"),
        (b"\x1b7saved\x1b8\x1bc", "saved"),
        (b"\xc2\x9b31mred", "red"),
        (b"\xc2\x9d0;a title\xc2\x9ctext", "text"),
        (b"[bold]not markup[/bold] [link=x]", "[bold]not markup[/bold] [link=x]"),
        (b"broken \xff\xfe utf-8", "broken \ufffd\ufffd utf-8"),
        ("µ ✓ 画像".encode(), "µ ✓ 画像"),
        ("画像\b\bX".encode(), "画X"),
        ("画像\b\b\bX".encode(), " X像"),
        (b"abc\b\b\bxyz", "xyz"),
        (b"\b\bleft", "left"),
        (b"a\tb", "a       b"),
        (b"bell\x07 null\x00", "bell null"),
        ("right\u202eto left\u2066".encode(), "rightto left"),
        ("✓\ufe0f done\xad \U000e0041".encode(), r"✓ done\xad \U000e0041"),
        (b"cut \x1b[38;5;1", "cut"),
        (b"cut \x1b]0;title", "cut"),
        (b"\x1b[999999999Cx", "x".rjust(WIDTH)),
        (b"one\x1b[1;2;three", "onehree"),
    ],
)
def test_a_line_is_what_a_terminal_would_show_and_nothing_else_is_obeyed(raw: bytes, seen: str) -> None:
    assert texts(raw + b"\n") == [seen]


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        (b"one\ntwo\n\x1b[2AONE\n\x1b[1Bthree", ["ONE", "two", "three"]),
        (b"one\ntwo\x1b[F1\x1b[E2", ["1ne", "2wo"]),
        (b"one\n\ntwo\n\n", ["one", "", "two"]),
        (b"one\ntwo\n\x1b[9999A\x1b[Jall", ["all"]),
        (b"before\n\x1b[2J\x1b[Hframe 1\nmore\n\x1b[2J\x1b[Hframe 2", ["before", "frame 2"]),
        (b"before\x1b[Hframe 1\n\x1b[Hframe 2", ["before", "frame 2"]),
        (b"a\nb\nc\x1b[2;1HX\x1b[1KY", ["a", "b", "c", "", " Y"]),
        (b"title\x1b]0;never ended\nnext", ["title", "next"]),
    ],
)
def test_the_cursor_moves_in_the_logs_own_last_lines(raw: bytes, seen: list[str]) -> None:
    assert texts(raw) == seen


def test_what_scrolled_off_can_no_longer_change() -> None:
    raw = b"".join(b"%d\n" % number for number in range(200)) + b"\x1b[500A\x1b[Jnew"
    assert texts(raw) == [str(number) for number in range(200 - HEIGHT + 1)] + ["new"]


def test_colours_are_names_of_styles() -> None:
    (line,) = shown(b"\x1b[1;31mred\x1b[0m plain \x1b[38;5;208morange\x1b[39m \x1b[97;44mwhite\x1b[m")
    assert line.text == "red plain orange white"
    assert line.runs == ((0, 3, "strong ink-1"), (10, 16, "ink-208"), (17, 22, "ink-15 on-ink-4"))
    ((_, runs, _, _),) = shown(b"\x1b[4;7mboth\x1b[24mone\x1b[38;2;255;0;0mtrue\x1b[38:2::0:0:255mcolon")
    assert runs == (
        (0, 4, "underline reverse"),
        (4, 7, "reverse"),
        (7, 11, "reverse ink-196"),
        (11, 16, "reverse ink-21"),
    )


def test_a_part_that_is_written_over_has_the_later_colour() -> None:
    (line,) = shown(b"\x1b[31mlong red\r\x1b[32mgreen\x1b[0m\x1b[2D--")
    assert (line.text, line.runs) == ("gre--red", ((0, 3, "ink-2"), (5, 8, "ink-1")))
    (line,) = shown("\x1b[31m画像\x1b[0m ok \x1b[32mgreen".encode())
    assert (line.text, line.runs) == ("画像 ok green", ((0, 2, "ink-1"), (6, 11, "ink-2")))


def test_lines_know_how_many_bytes_and_lines_come_before_them() -> None:
    lines = shown("eins\nzwölf\n\nvier".encode())
    assert [(line.offset, line.number) for line in lines] == [(0, 0), (5, 1), (12, 2), (13, 3)]
    screen = LogScreen(offset=100, number=7)
    screen.feed(b"a\nb")
    assert [(line.offset, line.number) for line in screen.rows()] == [(100, 7), (102, 8)]


PARTS = st.sampled_from(
    [b"text", b"\n", b"\r", b"\b", b"\t", b"\x1b", b"[", b"A", b"2", b";", b"m", b"\x1b[A", b"\x1b[2K", b"\x1b[31m", b"\x1b[J",
     b"\x1b]0;t", b"\x07", b"\x1b\\", b"\x1b[H", b"\x1bP", "画".encode(), "é█".encode(), b"\xff", b"\x00", b"\xc2\x9b", b"\x1b(", b"\x1b[38;5;",
     "\u202e".encode(), b"\x9d", b"\xc2"]
)  # fmt: skip
LOGS = st.lists(st.one_of(PARTS, st.binary(max_size=8)), max_size=80).map(b"".join)


@given(LOGS, st.lists(st.integers(0, 400), max_size=8))
@example(b"\x1b]0;title\x1b\\text", [9, 10])
@example(b"\x1b[" + b"1" * 90 + b"mx", [2, 60, 70])
def test_the_same_lines_come_of_a_log_fed_in_any_pieces(raw: bytes, cuts: list[int]) -> None:
    edges = sorted({0, len(raw), *(cut for cut in cuts if cut < len(raw))})
    assert shown(*(raw[first:end] for first, end in pairwise(edges))) == shown(raw)


@given(st.one_of(LOGS, st.binary()))
def test_no_line_carries_what_a_terminal_would_obey(raw: bytes) -> None:
    for line in shown(raw):
        assert plain(line.text) == line.text
        assert all(0 <= first < end <= len(line.text) for first, end, _ in line.runs)


MOVES = st.sampled_from(
    [b"\r", b"\b", b"\t", b"\r\n", b"\x1b[A", b"\x1b[2B", b"\x1b[3C", b"\x1b[2D", b"\x1b[E", b"\x1b[F", b"\x1b[5G", b"\x1b[2;3H", b"\x1b[2d",
     b"\x1b[K", b"\x1b[1K", b"\x1b[2K", b"\x1b[J", b"\x1b[1J", b"\x1b[2J", b"\x1b[7mr\x1b[0m", b"\x1b[?25l", b"\x1b]0;t\x07", "é█".encode()]
)  # fmt: skip


@given(st.lists(st.one_of(MOVES, st.text("abc ", max_size=5).map(str.encode)), max_size=60).map(b"".join))
def test_simple_sequences_give_what_a_terminal_emulator_shows(raw: bytes) -> None:
    """Without signs of two cells: pyte fails when one is overwritten."""
    emulator = pyte.Screen(WIDTH, HEIGHT)
    emulator.set_mode(modes.LNM)
    pyte.ByteStream(emulator).feed(raw)
    screen = LogScreen()
    gone = screen.feed(b"\x1b[H" + raw)
    if gone or emulator.cursor.y == HEIGHT - 1:
        return  # it may have scrolled
    theirs = [line.rstrip() for line in emulator.display]
    ours = [line.text for line in screen.rows()]
    assert ours + [""] * (HEIGHT - len(ours)) == theirs


def nested_bars(*, leave: bool) -> bytes:
    """What tqdm writes for two epochs of five steps, with a line before and one after."""
    written = io.StringIO()
    written.write("loading\n")
    for _ in tqdm(range(2), desc="epochs", position=0, file=written, mininterval=0, ncols=60):
        for _ in tqdm(range(5), desc="steps", position=1, leave=leave, file=written, mininterval=0, ncols=60):
            pass
    written.write("\ndone\n")
    return written.getvalue().encode()


@pytest.mark.parametrize("piece", [7, 100_000])
def test_nested_progress_bars_stand_once_each_at_their_last_state(piece: int) -> None:
    raw = nested_bars(leave=True)
    assert raw.count(b"\x1b[A") > 10
    screen = LogScreen()
    for start in range(0, len(raw), piece):
        assert screen.feed(raw[start : start + piece]) == []
        assert len(screen.rows()) <= 6
    lines = [line.text for line in screen.rows() if line.text]
    assert [line.partition(":")[0] for line in lines] == ["loading", "steps", "steps", "epochs", "done"]
    assert all(f" {count}/{count} " in line for line, count in zip(lines[1:4], (5, 5, 2), strict=True))


def test_a_bar_that_its_program_takes_away_is_gone() -> None:
    raw = nested_bars(leave=False)
    under_way = texts(raw[: raw.rindex(b" 60%")])
    assert [line[:12] for line in under_way] == ["loading", "epochs:  50%", "steps:  40%|"]
    lines = [line for line in texts(raw) if line]
    assert [line.partition(":")[0] for line in lines] == ["loading", "epochs", "done"]


def test_a_live_display_of_rich_stands_once() -> None:
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=80, height=30)
    with Progress(console=console, auto_refresh=False) as progress:
        tasks = [progress.add_task(name, total=3) for name in ("epochs", "steps")]
        for step in range(3):
            console.print(f"[red]line {step}")
            for task in tasks:
                progress.advance(task)
            progress.refresh()
    lines = shown(written.getvalue().encode())
    assert [line.text.split()[0] for line in lines] == ["line", "line", "line", "epochs", "steps"]
    assert all("100%" in line.text for line in lines[-2:])
    assert lines[0].runs[0][2] == "ink-1"


def test_what_has_no_end_is_bounded() -> None:
    screen = LogScreen()
    for _ in range(100):
        screen.feed(b"x" * (1 << 20))
    assert [len(line.text) for line in screen.rows()] == [LONGEST_LINE]
    screen.feed(b"\n\x1b]0;" + b"y" * (4 << 20))
    screen.feed(b"\x1b[" + b"1" * 500 + b"\n" + os.urandom(1 << 16))
    assert len(screen._rows) <= HEIGHT
    assert len(screen._escapes._held) < 100
