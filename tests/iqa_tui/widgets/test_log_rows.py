"""The rows of a log's lines, and which of them are on screen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.monitor.log_screen import LogLine
from iqa_tui.widgets.log_rows import LogPlace, row_ends, spans


def lines(*texts: str) -> list[LogLine]:
    return [LogLine(text, (), 10 * number, number) for number, text in enumerate(texts)]


def place(texts: list[str], width: int, height: int, *, wraps: bool = True) -> LogPlace:
    made = LogPlace()
    made.wraps = wraps
    made.set_size(width, height)
    made.set_lines(lines(*texts))
    return made


def seen(at: LogPlace) -> list[str]:
    return [at.lines[index].text[first:end] for index, first, end in at.shown()]


def test_rows_are_cut_by_cells() -> None:
    assert row_ends("abcdefg", 3) == [3, 6, 7]
    assert row_ends("abc", 3) == [3]
    assert row_ends("", 3) == [0]
    assert row_ends("画像画", 5) == [2, 3]
    assert row_ends("画", 1) == [1]


def test_a_part_of_a_line_has_its_styles_and_those_over_them() -> None:
    line = LogLine("red plain", ((0, 3, "ink-1"),))
    assert spans(line, 0, 9) == [("red", "ink-1"), (" plain", "")]
    assert spans(line, 1, 6) == [("ed", "ink-1"), (" pl", "")]
    assert spans(line, 0, 9, [(2, 5, "hit")]) == [("re", "ink-1"), ("d", "ink-1 hit"), (" p", "hit"), ("lain", "")]


def test_a_wrapped_line_is_gone_through_row_by_row() -> None:
    at = place(["one", "abcdefgh", "two"], 3, 2)
    assert seen(at) == ["gh", "two"]
    assert at.move(-1, is_end=True) == 0
    assert seen(at) == ["def", "gh"]
    at.move(-1, is_end=True)
    assert seen(at) == ["abc", "def"]
    assert at.move(-5, is_end=True) == -4
    assert seen(at) == ["one", "abc"]
    at.move(2, is_end=True)
    assert seen(at) == ["def", "gh"]
    at.move(1, is_end=False)
    assert not at.is_following
    assert at.move(3, is_end=False) == 3
    at.move(1, is_end=True)
    assert at.is_following


@given(
    st.lists(st.text("ab画", max_size=9), min_size=1, max_size=12),
    st.lists(st.integers(-9, 9), max_size=9),
    st.integers(2, 5),
    st.integers(1, 5),
)
def test_moves_show_the_rows_of_one_long_page(texts: list[str], moves: list[int], width: int, height: int) -> None:
    at = place(texts, width, height)
    page = [
        text[a:b] for text in texts for ends in [row_ends(text, width)] for a, b in zip([0, *ends], ends, strict=False)
    ]
    end = len(page)
    for rows in moves:
        left = at.move(rows, is_end=True)
        wanted = end + rows
        end = max(min(height, len(page)), min(len(page), wanted))
        assert seen(at) == page[max(0, end - height) : end]
        assert left == (wanted - end if rows < 0 else 0)


def test_a_line_stays_while_lines_come_and_go_at_both_ends() -> None:
    every = lines(*map(str, range(100)))
    at = LogPlace()
    at.set_size(10, 5)
    at.set_lines(every[50:])
    at.move(-10, is_end=True)
    assert at.lowest == every[89]
    for first, end in ((0, 100), (80, 95), (85, 90)):
        at.set_lines(every[first:end])
        assert at.lowest == every[89]


def test_a_line_is_shown_with_a_third_of_the_screen_above_it() -> None:
    at = LogPlace()
    at.set_size(10, 9)
    at.set_lines(lines(*map(str, range(100))))
    at.move_to(at.index_of(505))
    assert seen(at) == [str(number) for number in range(47, 56)]
    at.move_to(0)
    assert seen(at)[0] == "0"
    at.move_to(99)
    assert seen(at)[-1] == "99"
