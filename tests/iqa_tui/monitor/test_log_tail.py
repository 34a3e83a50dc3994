from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.monitor.log_screen import HEIGHT
from iqa_tui.monitor.log_tail import KEPT_LINES, TAIL_BYTES, LogTail
from tests.trust.damage import KINDS, remove


def test_no_file_is_no_lines(tmp_path: Path) -> None:
    assert LogTail(tmp_path / "none.log").poll().texts == ()


def test_new_lines_are_added_and_the_open_line_grows(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    path.write_bytes(b"one\ntwo\nthr")
    tail = LogTail(path)
    assert tail.poll().texts == ("one", "two", "thr")
    with path.open("ab") as file:
        file.write(b"ee\nfour\n")
    assert tail.poll().texts == ("one", "two", "three", "four")


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
    assert tail.poll().texts == ("画像",)


def test_of_a_long_log_only_the_end_is_read(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    with path.open("wb") as file:
        for number in range(400_000):
            file.write(b"line %d of a log of megabytes\n" % number)
    text = LogTail(path).poll()
    assert len(text.lines) <= KEPT_LINES + HEIGHT
    assert text.texts[-1] == "line 399999 of a log of megabytes"
    assert all(line.startswith("line ") for line in text.texts)


def test_one_line_of_megabytes_keeps_its_end(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    path.write_bytes(b"x" * (3 * TAIL_BYTES))
    tail = LogTail(path)
    assert tail.poll().texts[0].startswith("xxx")
    with path.open("ab") as file:
        file.write(b"\nafter\n")
    assert tail.poll().texts[-1] == "after"


def test_lines_keep_their_numbers_though_old_ones_go(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    tail = LogTail(path)
    with path.open("wb", buffering=0) as file:
        for number in range(KEPT_LINES + 100):
            file.write(b"%d\n" % number)
            if number % 500 == 0:
                tail.poll()
        lines = tail.poll().lines
    assert all(line.text == str(line.number) for line in lines)
    assert KEPT_LINES <= len(lines) < KEPT_LINES + 100


def test_a_log_that_is_begun_anew_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    path.write_bytes(b"old old old\n")
    tail = LogTail(path)
    tail.poll()
    path.write_bytes(b"new\n")
    assert tail.poll().texts == ("new",)


@pytest.mark.parametrize("kind", ["a pipe", "a socket", "a folder", "a device", "a link to /dev/zero"])
def test_a_log_that_is_none_says_so_until_there_is_one(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "output.log"
    KINDS[kind](path)
    tail = LogTail(path)
    (words,) = tail.poll().texts
    assert words.startswith(f"{path}: is ")
    assert tail.poll() is tail.poll()
    remove(path)
    path.write_text("step 1\n")
    assert tail.poll().texts == ("step 1",)


def test_of_a_log_without_end_the_end_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    KINDS["a hollow file"](path)
    with path.open("ab") as file:
        file.write(b"\nstep 1\n")
    assert LogTail(path).poll().texts[-1] == "step 1"
