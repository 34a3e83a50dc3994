"""Ticks of an axis and their words."""

from __future__ import annotations

import math

import pytest

from iqa_tui.widgets.axes import count_words, log_ticks, round_ticks, time_unit, time_words, value_words


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.12), (3.0, 977.0), (0.91, 0.938), (-5.0, 5.0), (2.0, 2.0)])
def test_ticks_are_round_and_enclose_the_values(low: float, high: float) -> None:
    ticks = round_ticks(low, high, 5)
    assert ticks.low <= low
    assert ticks.high >= high
    assert 2 <= len(ticks.places) <= 12
    assert len({value_words(place, ticks.step) for place in ticks.places}) == len(ticks.places)


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
    assert [ticks.words(place) for place in ticks.places] == words
    assert 10**ticks.low <= low * 1.001
    assert 10**ticks.high >= high * 0.999


def test_ticks_of_time_are_round_in_their_unit() -> None:
    unit = time_unit(5 * 3600)
    ticks = round_ticks(0, 5 * 3600, 6, unit=unit)
    assert [time_words(place, unit) for place in ticks.places] == ["0", "1 h", "2 h", "3 h", "4 h", "5 h"]


def test_counts_are_short() -> None:
    assert [count_words(value) for value in (0, 800, 2000, 22_000, 1_500_000)] == ["0", "800", "2 k", "22 k", "1.5 M"]
