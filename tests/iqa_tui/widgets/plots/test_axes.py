"""Ticks of an axis and their words."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.widgets.plots.axes import Axis, count_words, linear_axis, log_axis, tick_words, x_ticks, x_words
from iqa_tui.widgets.plots.series import XKind


def words(ticks: tuple[tuple[float, str], ...]) -> list[str]:
    return [name for _, name in ticks]


def logs(low: float, high: float, rows: int = 10) -> Axis:
    return log_axis(math.log10(low), math.log10(high), rows, 6)


@pytest.mark.parametrize(
    ("low", "high", "rows", "expected"),
    [
        (0.0, 0.12, 9, ["0.00", "0.05", "0.10"]),
        (0.91, 0.938, 5, ["0.91", "0.92", "0.93", "0.94"]),
        (-0.2, 0.2, 5, ["-0.2", "0.0", "0.2"]),
        (0.50000, 0.50004, 5, ["0.5000"]),
        (1.2e-7, 1.6e-7, 9, ["1.2e-7", "1.3e-7", "1.4e-7", "1.5e-7", "1.6e-7"]),
        (0.0, 120_000.0, 5, ["0", "50000", "100000"]),
        (0.0, 3e9, 5, ["0", "2e9"]),
    ],
)
def test_ticks_are_round_and_within_the_axis(low: float, high: float, rows: int, expected: list[str]) -> None:
    axis = linear_axis(low, high, rows, 6)
    assert words(axis.ticks) == expected
    slack = 1e-9 * max(abs(low), abs(high))
    assert axis.low - slack <= low <= high <= axis.high + slack


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.integers(1, 60))
def test_ticks_fit_and_differ_and_the_axis_holds_the_values(low: float, span: float, rows: int) -> None:
    axis = linear_axis(low, low + span, rows, 6)
    names = words(axis.ticks)
    assert names
    assert max(map(len, names)) <= 6
    assert len(set(names)) == len(names)
    slack = 1e-9 * max(1.0, abs(low), abs(low + span))
    assert axis.low - slack <= low <= low + span <= axis.high + slack
    assert axis.low < axis.high
    for place, _ in axis.ticks:
        assert axis.low - slack <= place <= axis.high + slack


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.01, 0.12, ["0.01", "0.02", "0.05", "0.1"]),
        (0.002, 4.0, ["0.003", "0.01", "0.03", "0.1", "0.3", "1", "3"]),
        (1.0, 1.0, ["0.8", "0.9", "1"]),
    ],
)
def test_ticks_of_powers_are_round(low: float, high: float, expected: list[str]) -> None:
    assert words(logs(low, high).ticks) == expected


@given(st.floats(-12, 12), st.floats(0, 12), st.integers(1, 40))
def test_a_logarithmic_axis_holds_the_values_and_has_ticks(low: float, span: float, rows: int) -> None:
    axis = log_axis(low, low + span, rows, 6)
    assert axis.low - 1e-6 <= low <= low + span <= axis.high + 1e-6
    assert 1 <= len(axis.ticks) <= 10
    assert len(set(words(axis.ticks))) == len(axis.ticks)


def test_a_range_that_is_no_wider_than_a_float_can_tell_is_widened() -> None:
    axis = linear_axis(1.0, 1.0 + 2**-52, 9, 6)
    assert axis.low < 1.0 < axis.high


def test_ticks_of_time_are_round_in_their_unit() -> None:
    assert words(x_ticks(0, 5 * 3600, 84, XKind.TIME)) == ["0", "1 h", "2 h", "3 h", "4 h", "5 h"]


def test_what_is_counted_has_whole_ticks() -> None:
    assert words(x_ticks(0.0, 3.0, 84, XKind.STEP)) == ["0", "1", "2", "3"]
    assert words(x_ticks(0.0, 5.0, 40, XKind.EPOCH)) == ["0", "1", "2", "3", "4", "5"]
    assert words(x_ticks(2.0, 2.5, 60, XKind.EPOCH)) == ["2", "2.1", "2.2", "2.3", "2.4", "2.5"]


def test_steps_that_are_near_each_other_are_said_in_full() -> None:
    assert words(x_ticks(123_456, 123_459, 56, XKind.STEP)) == ["123456", "123457", "123458", "123459"]


def test_ticks_of_the_clock_are_whole_hours_and_days_of_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        noon = 1_795_156_200.0  # 12:00 there, at a half hour of UTC
        assert words(x_ticks(noon - 100, noon + 3 * 3600, 60, XKind.CLOCK)) == ["12:00", "13:00", "14:00", "15:00"]
        assert words(x_ticks(noon, noon + 4 * 86400, 70, XKind.CLOCK)) == ["21 Nov", "22 Nov", "23 Nov", "24 Nov"]
        assert x_words(noon, XKind.CLOCK) == "20 Nov 12:00:00"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_place_is_said_in_full() -> None:
    assert [x_words(value, kind) for value, kind in ((1240.0, XKind.STEP), (3.2, XKind.EPOCH), (5400.0, XKind.TIME))] == [
        "step 1,240", "epoch 3.20", "after 90 min"
    ]  # fmt: skip


def test_counts_are_short() -> None:
    assert [count_words(value) for value in (0, 800, 2000, 22_000, 1_500_000)] == ["0", "800", "2k", "22k", "1.5M"]


def test_words_that_cannot_differ_are_rounded() -> None:
    assert tick_words([0.5000001, 0.5000002], 1e-7, 7) == ["0.50000", "0.50000"]


def test_small_numbers_are_written_as_learning_rates_are() -> None:
    assert words(linear_axis(0.0, 3e-4, 6, 6).ticks) == ["0", "1e-4", "2e-4", "3e-4"]
    assert words(linear_axis(0.0, 0.003, 6, 6).ticks) == ["0.000", "0.001", "0.002", "0.003"]
