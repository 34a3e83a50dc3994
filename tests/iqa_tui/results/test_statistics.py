"""What a set of seeds says."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.results.statistics import mean_and_sd

SCORES = st.lists(st.floats(-1, 1), min_size=2, max_size=20)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], (None, None)),
        ([None, None], (None, None)),
        ([0.93], (0.93, None)),
        ([None, 0.93], (0.93, None)),
        ([0.92, 0.94], (0.93, math.sqrt(2) / 100)),
        ([1.0, 2.0, 3.0, 4.0], (2.5, math.sqrt(5 / 3))),
    ],
)
def test_mean_and_sample_sd_of_what_is_there(
    values: list[float | None], expected: tuple[float | None, float | None]
) -> None:
    assert mean_and_sd(values) == tuple(value if value is None else pytest.approx(value) for value in expected)


@given(SCORES)
def test_the_mean_lies_within_and_the_spread_is_at_most_the_range(values: list[float]) -> None:
    mean, sd = mean_and_sd(values)
    assert mean is not None
    assert sd is not None
    assert min(values) - 1e-12 <= mean <= max(values) + 1e-12
    assert 0 <= sd <= max(values) - min(values) + 1e-12


@given(SCORES, st.floats(-10, 10))
def test_a_shift_of_all_values_moves_the_mean_and_not_the_spread(values: list[float], shift: float) -> None:
    mean, sd = mean_and_sd(values)
    moved_mean, moved_sd = mean_and_sd(value + shift for value in values)
    assert moved_mean == pytest.approx((mean or 0) + shift, abs=1e-9)
    assert moved_sd == pytest.approx(sd, abs=1e-9)


@given(SCORES, st.randoms(use_true_random=False))
def test_missing_values_and_the_order_change_nothing(values: list[float], shuffle: object) -> None:
    with_gaps = [None, *values, None]
    shuffle.shuffle(with_gaps)  # type: ignore[attr-defined]
    mean, sd = mean_and_sd(with_gaps)
    assert (mean, sd) == tuple(pytest.approx(value, abs=1e-12) for value in mean_and_sd(values))
