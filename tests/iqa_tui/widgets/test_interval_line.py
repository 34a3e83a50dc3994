"""A value with its interval on a scale: each sign in its cell."""

from __future__ import annotations

import pytest

from iqa_tui.widgets.interval_line import ASCII, Marked, Scale, interval_line, place_on, scale_line


def drawn(marked: Marked, scale: Scale) -> str:
    return "".join(text for text, _ in interval_line(marked, scale))


@pytest.mark.parametrize(
    ("marked", "line"),
    [
        (Marked(None), "     │     "),
        (Marked(0.2), "     │ ●   "),
        (Marked(0.2, (0.1, 0.5)), "     │├●──┤"),
        (Marked(0.1, (-0.2, 0.4)), "   ├─┼●──┤ "),
        (Marked(-0.5, (-0.9, -0.4)), "●┤   │     "),
        (Marked(0.3, is_recorded=True), "     │  ◆  "),
        (Marked(0.0, (-0.1, 0.1)), "    ├●┤    "),
    ],
)
def test_the_value_covers_the_interval_and_the_interval_zero(marked: Marked, line: str) -> None:
    assert drawn(marked, Scale((-0.5, 0.5), 11, has_zero=True)) == line


def test_a_range_that_is_expected_lies_under_all_else() -> None:
    assert drawn(Marked(0.5, (0.4, 0.6), band=(0.3, 0.9)), Scale((0, 1), 11)) == "   ░├●┤░░░ "


def test_ascii_draws_the_same() -> None:
    assert drawn(Marked(0.1, (-0.2, 0.4)), Scale((-0.5, 0.5), 11, has_zero=True, signs=ASCII)) == "   [-+o--] "


def test_a_scale_without_length_puts_all_into_its_middle() -> None:
    assert place_on(3.0, (3.0, 3.0), 9) == 4


def test_the_name_of_a_scale_stands_in_its_middle_if_there_is_room() -> None:
    assert scale_line("0", "Δ", "1", 9) == "0   Δ   1"
    assert scale_line("0.00", "long name", "1.00", 12) == "0.00    1.00"
