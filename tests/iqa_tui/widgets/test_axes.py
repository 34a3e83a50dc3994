"""Ticks of an axis and their words."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.widgets.axes import count_words, log_ticks, round_ticks, tick_words, time_unit, time_words


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.12), (3.0, 977.0), (0.91, 0.938), (-5.0, 5.0), (2.0, 2.0)])
def test_ticks_are_round_and_enclose_the_values(low: float, high: float) -> None:
    ticks = round_ticks(low, high, 5)
    assert ticks.low <= low
    assert ticks.high >= high
    assert 2 <= len(ticks.places) <= 12
    assert len(set(ticks.words(7))) == len(ticks.places)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.01, 0.12, ["0.01", "0.02", "0.05", "0.1", "0.2"]),
        (0.002, 4.0, ["0.001", "0.01", "0.1", "1", "10"]),
        (1.0, 1.0, ["1", "2"]),
        (1e-7, 3.0, ["1e-07", "1e-05", "0.001", "0.1", "10"]),
    ],
)
def test_ticks_of_powers_are_round_and_enclose_the_values(low: float, high: float, words: list[str]) -> None:
    ticks = log_ticks(math.log10(low), math.log10(high), 7)
    assert ticks.words(7) == words
    assert 10**ticks.low <= low * 1.001
    assert 10**ticks.high >= high * 0.999


def test_ticks_of_time_are_round_in_their_unit() -> None:
    unit = time_unit(5 * 3600)
    ticks = round_ticks(0, 5 * 3600, 6, unit=unit)
    assert [time_words(place, unit) for place in ticks.places] == ["0", "1 h", "2 h", "3 h", "4 h", "5 h"]


def test_counts_are_short() -> None:
    assert [count_words(value) for value in (0, 800, 2000, 22_000, 1_500_000)] == ["0", "800", "2 k", "22 k", "1.5 M"]


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.50000, 0.50004, ["0.50000", "0.50002", "0.50004"]),
        (1.2e-7, 1.6e-7, ["1.2e-7", "1.4e-7", "1.6e-7"]),
        (-0.2, 0.2, ["-0.2", "0.0", "0.2"]),
        (0.0, 120_000.0, ["0", "100000", "200000"]),
        (0.0, 3e9, ["0", "2e9", "4e9"]),
    ],
)
def test_ticks_of_a_narrow_or_far_range_are_called_differently(low: float, high: float, words: list[str]) -> None:
    assert round_ticks(low, high, 3).words(7) == words


@given(st.floats(-1e6, 1e6), st.floats(1e-9, 1e6), st.integers(2, 9))
def test_tick_words_fit_and_differ_if_their_digits_fit(low: float, span: float, most: int) -> None:
    ticks = round_ticks(low, low + span, most)
    words = ticks.words(7)
    assert max(map(len, words)) <= 7
    for word, place in zip(words, ticks.places, strict=True):
        assert float(word) == pytest.approx(place, rel=0.05, abs=ticks.step / 2)
    largest = max(map(abs, ticks.places))
    if ticks.step >= 1e-3 and largest < 100:
        assert len(set(words)) == len(words)


def test_words_that_cannot_differ_are_rounded() -> None:
    assert tick_words([0.5000001, 0.5000002], 1e-7, 7) == ["0.50000", "0.50000"]


def test_a_range_that_is_no_wider_than_a_float_can_tell_is_widened() -> None:
    ticks = round_ticks(1.0, 1.0 + 2**-52, 5)
    assert ticks.low < 1.0 < ticks.high
    assert len(set(ticks.words(7))) == len(ticks.places)


def test_counts_have_whole_ticks() -> None:
    assert round_ticks(0.0, 3.0, 7, least_step=1.0).places == [0.0, 1.0, 2.0, 3.0]
    assert round_ticks(0.0, 3.0, 7).places == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
