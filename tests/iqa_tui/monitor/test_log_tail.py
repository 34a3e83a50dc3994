from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tqdm import tqdm

from iqa_tui.monitor.log_tail import KEPT_LINES, TAIL_BYTES, LogTail, LogText, plain_text
from tests.trust.damage import KINDS, remove
from training.runfolder.text import plain


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        (b" 10%\r 50%\r100% done", "100% done"),
        (b"100% done\r", "100% done"),
        (b"windows line\r", "windows line"),
        (b"\x1b[31mred\x1b[0m and \x1b[1;32mgreen", "red and green"),
        (b"\x1b[2J\x1b[Hcleared?", "cleared?"),
        (b"\x1b]0;a title\x07text", "text"),
        (b"\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"[bold]not markup[/bold] [link=x]", "[bold]not markup[/bold] [link=x]"),
        (b"broken \xff\xfe utf-8", "broken \ufffd\ufffd utf-8"),
        ("µ ✓ 画像".encode(), "µ ✓ 画像"),
        (b"abc\b\b\bxyz", "xyz"),
        (b"\b\bleft", "left"),
        (b"a\tb", "a       b"),
        (b"bell\x07 null\x00", "bell null"),
        ("right\u202eto left\u2066".encode(), "rightto left"),
        (b"\x1b[", ""),
        (b"cut \x1b[38;5;1", "cut 38;5;1"),
        (b"", ""),
    ],
)
def test_a_line_shows_its_text_and_obeys_nothing(raw: bytes, seen: str) -> None:
    assert plain_text(raw) == seen


def test_no_control_character_survives() -> None:
    every = bytes(range(256)) + "".join(map(chr, range(0x80, 0x2100))).encode()
    assert not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in plain_text(every))


def test_no_file_is_no_lines(tmp_path: Path) -> None:
    assert LogTail(tmp_path / "none.log").poll().lines == ()


def test_new_lines_are_added_and_the_open_line_grows(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    path.write_bytes(b"one\ntwo\nthr")
    tail = LogTail(path)
    assert tail.poll().lines == ("one", "two", "thr")
    with path.open("ab") as file:
        file.write(b"ee\nfour\n")
    assert tail.poll().lines == ("one", "two", "three", "four")


def test_the_same_object_comes_again_if_nothing_is_new(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    path.write_bytes(b"one\n")
    tail = LogTail(path)
    assert tail.poll() is tail.poll()


def test_a_character_cut_between_two_reads_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    whole = "画像\n".encode()
    path.write_bytes(whole[:2])
    tail = LogTail(path)
    tail.poll()
    with path.open("ab") as file:
        file.write(whole[2:])
    assert tail.poll().lines == ("画像",)


def test_of_a_long_log_only_the_end_is_read(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    with path.open("wb") as file:
        for number in range(400_000):
            file.write(b"line %d of a log of megabytes\n" % number)
    text = LogTail(path).poll()
    assert len(text.lines) <= KEPT_LINES
    assert text.lines[-1] == "line 399999 of a log of megabytes"
    assert all(line.startswith("line ") for line in text.lines)


def test_one_line_of_megabytes_keeps_its_end(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    path.write_bytes(b"x" * (3 * TAIL_BYTES))
    tail = LogTail(path)
    assert tail.poll().lines[0].startswith("xxx")
    with path.open("ab") as file:
        file.write(b"\nafter\n")
    assert tail.poll().lines[-1] == "after"


def test_lines_are_numbered_from_the_beginning_though_old_ones_go(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    tail = LogTail(path)
    with path.open("wb", buffering=0) as file:
        for number in range(KEPT_LINES + 100):
            file.write(b"%d\n" % number)
            if number % 500 == 0:
                tail.poll()
        text = tail.poll()
    assert text.first == 100
    assert text.lines[0] == "100"


def test_a_log_that_is_begun_anew_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    path.write_bytes(b"old old old\n")
    tail = LogTail(path)
    tail.poll()
    path.write_bytes(b"new\n")
    assert tail.poll().lines == ("new",)


@given(st.binary())
def test_no_line_carries_what_a_terminal_would_obey(raw: bytes) -> None:
    text = plain_text(raw)
    assert plain(text) == text


def test_signs_that_push_cells_and_invisible_tags_are_taken_out_of_a_line() -> None:
    assert plain_text("✓\ufe0f done\xad \U000e0041".encode()) == r"✓ done\xad \U000e0041"


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
def test_nested_progress_bars_stand_once_each_at_their_last_state(tmp_path: Path, piece: int) -> None:
    raw, path = nested_bars(leave=False), tmp_path / "output.log"
    assert raw.count(b"\x1b[A") > 10
    tail = LogTail(path)
    for start in range(0, len(raw), piece):
        with path.open("ab") as file:
            file.write(raw[start : start + piece])
        lines = tail.poll().lines
        assert len(lines) <= 5
    assert [line.partition(":")[0] for line in lines if line] == ["loading", "epochs", "steps", "done"]
    assert all(f" {count}/{count} " in line for line, count in zip(lines[1:3], (2, 5), strict=True))


def test_a_cursor_that_goes_up_without_end_stays_in_the_log(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    path.write_bytes(b"one\ntwo\n\x1b[9999Afirst\n\x1b[Fagain\nlast\n" + b"\x1b[" + b"9" * 5000 + b"Ax\n")
    assert LogTail(path).poll().lines[:2] == ("again", "last")


def test_lines_that_follow_bars_are_counted_on(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    path.write_bytes(b"a\nb\x1b[A\rA\n\rB\nc\n")
    tail = LogTail(path)
    assert tail.poll() == LogText(("A", "B", "c"), 0)
    with path.open("ab") as file:
        file.write(b"d")
    assert tail.poll() == LogText(("A", "B", "c", "d"), 0)


@pytest.mark.parametrize("kind", ["a pipe", "a socket", "a folder", "a device", "a link to /dev/zero"])
def test_a_log_that_is_none_says_so_until_there_is_one(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "output.log"
    KINDS[kind](path)
    tail = LogTail(path)
    (words,) = tail.poll().lines
    assert words.startswith(f"{path}: is ")
    assert tail.poll() is tail.poll()
    remove(path)
    path.write_text("step 1\n")
    assert tail.poll().lines == ("step 1",)


def test_of_a_log_without_end_the_end_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    KINDS["a hollow file"](path)
    with path.open("ab") as file:
        file.write(b"\nstep 1\n")
    assert LogTail(path).poll().lines[-1] == "step 1"
