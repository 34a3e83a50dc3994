"""How a length of time is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.words.durations import duration_words, hours_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "<1 s"),
        (1, "1 s"),
        (4.4, "4 s"),
        (42, "40 s"),
        (55, "1 min"),
        (19 * 60, "19 min"),
        (22 * 60, "20 min"),
        (97.4 * 60, "95 min"),
        (97.5 * 60, "1.6 h"),
        (3 * 3600, "3.0 h"),
        (40 * 3600, "40 h"),
        (99.5 * 3600, "4 d"),
    ],
)
def test_a_length_of_time_has_two_figures(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words


@given(st.floats(min_value=0, max_value=300 * 86400))
def test_a_length_of_time_fits_a_narrow_column(seconds: float) -> None:
    assert len(duration_words(seconds)) <= 6


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (1.7, "1.7 h"),
        (0.999, "1.0 h"),
        (0.99, "59 min"),
        (0.2, "12 min"),
        (0.0114, "41 s"),
        (0.0332, "2 min"),
        (0.024, "86 s"),
    ],
)
def test_a_table_of_runs_says_hours_with_more_figures(hours: float, words: str) -> None:
    assert hours_words(hours) == words
