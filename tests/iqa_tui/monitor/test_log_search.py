"""Searching a log: what is found is what the lines say as they are shown."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iqa_tui.monitor import log_search
from iqa_tui.monitor.log_pattern import TROUBLES, LogPattern, log_pattern
from iqa_tui.monitor.log_screen import LogScreen
from iqa_tui.monitor.log_search import LogSearch


@pytest.fixture
def log(tmp_path: Path) -> Iterator[int]:
    descriptor = os.open(tmp_path / "output.log", os.O_RDWR | os.O_CREAT | os.O_APPEND)
    yield descriptor
    os.close(descriptor)


def add(log: int, data: bytes) -> None:
    os.write(log, data)


def searched(log: int, words: str | None) -> LogSearch:
    search = LogSearch(TROUBLES if words is None else log_pattern(words))
    go_on(search, log)
    return search


def go_on(search: LogSearch, log: int) -> None:
    size = os.fstat(log).st_size
    while search.step(log, size):
        assert 0 <= search.share <= 1
    assert search.is_done


def found(search: LogSearch) -> list[int]:
    """All hits, from the first to the last."""
    hits, place = [], -1
    while (hit := search.after(place)) is not None:
        hits.append(hit)
        place = hit
        assert search.rank(hit) == len(hits)
    assert len(hits) == search.count
    backwards, end = [], 1 << 60
    while (hit := search.before(end)) is not None:
        backwards.append(hit)
        end = hit
    assert backwards == hits[::-1]
    return hits


def test_words_are_found_whatever_their_letters_unless_there_are_capitals(log: int) -> None:
    add(log, b"Loss 1\nno\nloss 2\nLOSS 3\n")
    assert found(searched(log, "loss")) == [0, 10, 17]
    assert found(searched(log, "Loss")) == [0]
    assert found(searched(log, "1.no")) == []


def test_an_expression_is_found(log: int) -> None:
    add(log, b"step 12\nstep ab\nSTEP 7\n")
    assert found(searched(log, r"/step \d+/")) == [0, 16]
    assert found(searched(log, r"/^S\S+ 7$/")) == [16]
    assert found(searched(log, r"/\Astep|7\z/")) == [0, 8, 16]
    assert found(searched(log, r"/step[^x]+step/")) == []  # a line at a time
    with pytest.raises(ValueError, match=r"no regular expression to search by: missing \): \("):
        log_pattern("/(/")


def test_an_expression_is_found_in_what_is_no_ascii(log: int) -> None:
    add(log, "grün 1\nblau\n".encode() + b"gr\xffn 2\n")
    assert len(found(searched(log, "/^GR.N/"))) == 0
    assert len(found(searched(log, "/^gr.n \\d$/"))) == 2


@pytest.mark.parametrize("written", [r"(a+)+$", r"(a|a)*b$", r"(.*)*x", r"(?:a?){50}a{50}$", r"(a|aa)+$", r".*.*.*.*b"])
def test_no_expression_is_searched_for_ever(log: int, written: str) -> None:
    """With the standard library's `re` this test does not return before the machine is scrap."""
    line = b"a" * 7_000
    add(log, b"aab x\n" + (line + b"!\n") * 3)
    assert set(found(searched(log, f"/{written}/"))) <= {0}
    add(log, line)
    assert len(list(log_pattern(f"/{written}/").expression.finditer(line.decode() + "!"))) == 0


@pytest.mark.parametrize("written", ["(?:a?){900}b", "(?:(?:a{99}){99}){99}", r"(?i)(?:\pL?){90}x"])
def test_an_expression_that_is_a_long_program_is_refused_in_words(written: str) -> None:
    with pytest.raises(ValueError, match=r"too long once|invalid repetition size|pattern too large"):
        log_pattern(f"/{written}/")


def test_without_the_package_for_expressions_words_are_searched_all_the_same(
    log: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(log, b"loss 1\n")
    monkeypatch.setitem(sys.modules, "re2", None)
    assert found(searched(log, "loss 1")) == [0]
    with pytest.raises(ValueError, match="pip install google-re2"):
        log_pattern("/never searched before/")


def test_a_slow_expression_gets_smaller_slices_and_then_larger_ones_again(
    log: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, sizes, takes = [0.0], [], [1.0]

    class Slow:
        pattern = "slow"

        def search(self, text: bytes) -> None:
            sizes.append(len(text))
            clock[0] += takes[0]

    monkeypatch.setattr(log_search, "thread_time", lambda: clock[0])
    add(log, b"nothing here\n" * 60_000)
    size = os.fstat(log).st_size
    slow = Slow()
    search = LogSearch(LogPattern("slow", slow, (), slow))  # type: ignore[arg-type]  # it finds nothing
    for _ in range(6):
        search.step(log, size)
    searched_sizes = [each for each in sizes if each > 100]  # the last line is searched by itself
    assert searched_sizes[0] > 60_000
    assert searched_sizes[-1] < 5_000
    takes[0] = 0.0
    go_on(search, log)
    assert max(sizes[-3:]) > 60_000


def test_what_is_hidden_in_escapes_or_overwritten_is_not_found_and_what_they_part_is(log: int) -> None:
    add(log, b"\x1b]0;loss\x07title\nl\x1b[31moss\x1b[0m\nloss gone\rnothing at all\n\x1b[1mlo\x00ss\n")
    assert found(searched(log, "loss")) == [15, 54]
    add(log, "zwölf ÜBER\n".encode())
    assert len(found(searched(log, "über"))) == 1


def test_errors_of_every_kind_are_found_and_a_traceback_once(log: int) -> None:
    add(
        log,
        b"fine\nTraceback (most recent call last):\n  File\nValueError: no\nerror: bad\nUserWarning: slow\n"
        b"W 12 WARNING low\nterror: no\nCUDA out of memory\nforewarned\nRuntimeError: CUDA error: assert\nSegmentation fault\n",
    )
    starts = (b"Trace", b"error: bad", b"UserW", b"W 12", b"CUDA out", b"RuntimeError", b"Segm")
    content = os.pread(log, 1000, 0)
    assert found(searched(log, None)) == [content.index(start) for start in starts]


def test_what_is_added_is_searched_too_and_a_line_that_grew_once(log: int) -> None:
    add(log, b"loss 1\nlo")
    search = searched(log, "loss")
    assert found(search) == [0]
    add(log, b"ss 2")
    go_on(search, log)
    assert found(search) == [0, 7]
    add(log, b" and more\nloss 3\n")
    go_on(search, log)
    assert found(search) == [0, 7, 23]


def test_the_nearest_hit_is_known_before_all_is_searched(log: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_search, "SEARCHED_BYTES", 1000)
    add(log, b"loss first\n" + b"nothing here\n" * 2000 + b"loss last\n")
    size = os.fstat(log).st_size
    search = LogSearch(log_pattern("loss"))
    search.step(log, size)
    assert search.before(size) == size - 10
    assert not search.is_done
    assert search.after(0) is None  # what lies between may hold one
    go_on(search, log)
    assert search.after(0) == size - 10
    assert search.before(size - 10) == 0


def test_no_more_hits_are_kept_than_is_sensible(log: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_search, "SEARCHED_BYTES", 1000)
    monkeypatch.setattr(log_search, "MOST_HITS", 100)
    add(log, b"loss\n" * 5000)
    search = searched(log, "loss")
    assert search.is_full
    assert 100 <= search.count < 1000


PARTS = [
    b"loss",
    b"Loss",
    b"lo",
    b"ss",
    b"\n",
    b"\n",
    b"\r",
    b"\x1b[31m",
    b"\x1b[A",
    b"\x1b[2K",
    b"\x00",
    b"\t",
    b" ",
    b"\xc3\xb6",
    b"\b",
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(PARTS), max_size=60).map(b"".join))
def test_the_lines_that_are_found_are_those_that_show_the_words(log: int, raw: bytes) -> None:
    os.ftruncate(log, 0)
    add(log, raw)
    screen = LogScreen()
    lines = screen.feed(raw) + screen.rows()
    shown = {line.offset for line in lines if "loss" in line.text.lower()}
    assert set(found(searched(log, "loss"))) == shown
