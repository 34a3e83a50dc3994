from __future__ import annotations

import time
from pathlib import Path

import pytest

from iqa_tui.monitor import log_index
from iqa_tui.monitor.log_reader import LogReader
from iqa_tui.monitor.log_screen import HEIGHT
from iqa_tui.monitor.log_text import LogText, LogWish
from iqa_tui.monitor.log_window import KEPT_LINES, TAIL_BYTES
from tests.trust.damage import KINDS, remove


def test_no_file_is_no_lines(tmp_path: Path) -> None:
    assert LogReader(tmp_path / "none.log").look().texts == ()


def test_new_lines_are_added_and_the_open_line_grows(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    path.write_bytes(b"one\ntwo\nthr")
    tail = LogReader(path)
    assert tail.look().texts == ("one", "two", "thr")
    with path.open("ab") as file:
        file.write(b"ee\nfour\n")
    assert tail.look().texts == ("one", "two", "three", "four")


def test_the_same_object_comes_again_if_nothing_is_new(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    path.write_bytes(b"one\n")
    tail = LogReader(path)
    assert tail.look() is tail.look()


def test_a_character_cut_between_two_reads_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    whole = "画像\n".encode()
    path.write_bytes(whole[:2])
    tail = LogReader(path)
    tail.look()
    with path.open("ab") as file:
        file.write(whole[2:])
    assert tail.look().texts == ("画像",)


def test_of_a_long_log_only_the_end_is_read(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    with path.open("wb") as file:
        for number in range(400_000):
            file.write(b"line %d of a log of megabytes\n" % number)
    text = LogReader(path).look()
    assert len(text.lines) <= KEPT_LINES + HEIGHT
    assert text.texts[-1] == "line 399999 of a log of megabytes"
    assert all(line.startswith("line ") for line in text.texts)


def test_one_line_of_megabytes_keeps_its_end(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    path.write_bytes(b"x" * (3 * TAIL_BYTES))
    tail = LogReader(path)
    assert tail.look().texts[0].startswith("xxx")
    with path.open("ab") as file:
        file.write(b"\nafter\n")
    assert tail.look().texts[-1] == "after"


def test_lines_keep_their_numbers_though_old_ones_go(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    tail = LogReader(path)
    with path.open("wb", buffering=0) as file:
        for number in range(KEPT_LINES + 100):
            file.write(b"%d\n" % number)
            if number % 500 == 0:
                tail.look()
        lines = tail.look().lines
    assert all(line.text == str(line.number) for line in lines)
    assert KEPT_LINES <= len(lines) < KEPT_LINES + 100


def test_a_log_that_is_begun_anew_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    path.write_bytes(b"old old old\n")
    tail = LogReader(path)
    tail.look()
    path.write_bytes(b"new\n")
    assert tail.look().texts == ("new",)


@pytest.mark.parametrize("kind", ["a pipe", "a socket", "a folder", "a device", "a link to /dev/zero"])
def test_a_log_that_is_none_says_so_until_there_is_one(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "output.log"
    KINDS[kind](path)
    tail = LogReader(path)
    (words,) = tail.look().texts
    assert words.startswith(f"{path}: is ")
    assert tail.look() is tail.look()
    remove(path)
    path.write_text("step 1\n")
    assert tail.look().texts == ("step 1",)


def test_of_a_log_without_end_the_end_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    KINDS["a hollow file"](path)
    with path.open("ab") as file:
        file.write(b"\nstep 1\n")
    reader = LogReader(path)
    assert reader.look().texts[-1] == "step 1"
    began, looks = time.process_time(), 0
    while reader.is_busy:
        reader.look()
        looks += 1
        assert looks < 40
    assert time.process_time() - began < 20  # a second or two; to go on to the beginning would take hours


def numbered(path: Path, count: int) -> None:
    path.write_bytes(b"".join(b"line %06d of a log that is longer than a slice\n" % number for number in range(count)))


def settled(reader: LogReader, wish: LogWish) -> LogText:
    """What is there when nothing is left to read."""
    text = reader.look(wish)
    for _ in range(200):
        if not reader.is_busy:
            return text
        text = reader.look(wish)
    raise AssertionError("it never had what was wished for")


def test_of_a_whole_log_the_lines_around_any_place_are_read_and_their_numbers_are_right(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    numbered(path, 60_000)
    reader = LogReader(path)
    assert settled(reader, LogWish()).total == 60_000
    size = len("line 000000 of a log that is longer than a slice\n")
    for number in (59_000, 55_000, 30_000, 29_500, 0, 31_000, 59_999):
        text = settled(reader, LogWish(number * size))
        places = [line.number + text.skipped for line in text.lines]
        assert places == [*range(places[0], places[-1] + 1)]
        assert all(line.text.startswith(f"line {place:06}") for line, place in zip(text.lines, places, strict=True))
        assert all(line.offset == place * size for line, place in zip(text.lines, places, strict=True))
        assert places[0] <= max(0, number - 400)
        assert places[-1] >= min(59_999, number + 399)
        assert (text.is_begin, text.is_end) == (places[0] == 0, places[-1] == 59_999)
        assert (text.is_counted, text.total) == (True, 60_000)
        assert len(text.lines) < 2 * KEPT_LINES


def test_walking_up_and_down_a_log_misses_no_line(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    numbered(path, 30_000)
    reader, seen = LogReader(path), set()
    text = settled(reader, LogWish())
    while not text.is_begin:
        seen |= {line.text for line in text.lines}
        text = settled(reader, LogWish(text.lines[0].offset + 1))
    seen |= {line.text for line in text.lines}
    assert len(seen) == 30_000
    while not text.is_end:
        text = settled(reader, LogWish(text.lines[-1].offset))
        seen -= {line.text for line in text.lines}
    assert text.texts[-1].startswith("line 029999")


def test_a_log_that_is_read_further_up_still_grows(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    path.write_bytes(b"one\ntwo\n")
    reader = LogReader(path)
    reader.look(LogWish(0))
    with path.open("ab") as file:
        file.write(b"three\n")
    assert reader.look(LogWish(0)).texts == ("one", "two", "three")


def test_nested_bars_at_the_seam_of_two_slices_stand_once(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    bars = b"".join(b"epochs %d\n\rsteps %d\x1b[A\r" % (number // 100, number) for number in range(20_000))
    path.write_bytes(b"before\n" * 30_000 + bars + b"\n\n" + b"after\n" * 60_000)
    reader = LogReader(path)
    text = settled(reader, LogWish())
    seen = dict.fromkeys(text.texts)
    while not text.is_begin:
        text = settled(reader, LogWish(text.lines[0].offset + 1))
        seen |= dict.fromkeys(text.texts)
    assert set(seen) == {"before", "epochs 199", "steps 19999", "after"}


def test_numbers_of_a_log_that_is_too_long_to_count_are_near(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_index, "COUNTED_BYTES", 1 << 20)
    path = tmp_path / "output.log"
    numbered(path, 100_000)
    reader = LogReader(path)
    text = settled(reader, LogWish())
    assert not text.is_counted
    assert abs(text.lines[-1].number - 99_999) < 500
    text = settled(reader, LogWish(0))
    assert (text.is_counted, text.is_total_counted, text.lines[0].number) == (True, False, 0)
    assert abs(text.total - 100_000) < 500
