"""Curves as dots."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.widgets.braille import BLOCK, braille_cells, column_extremes, raster, smooth


@pytest.mark.parametrize("count", [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 40 * BLOCK + 7, BLOCK * BLOCK * 2])
@pytest.mark.parametrize("weight", [0.6, 0.99])
def test_smoothing_in_blocks_is_smoothing_step_by_step(count: int, weight: float) -> None:
    values = np.random.default_rng(count).normal(size=count)
    total, expected = 0.0, []
    for number, value in enumerate(values, 1):
        total = weight * total + (1 - weight) * value
        expected.append(total / (1 - weight**number))
    np.testing.assert_allclose(smooth(values, weight), expected if count > 1 else values, rtol=1e-9)


def test_no_smoothing_changes_nothing() -> None:
    values = np.array([3.0, 1.0, 2.0])
    assert smooth(values, 0.0) is values


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=300), st.integers(1, 60))
def test_no_spike_is_lost_by_thinning(values: list[float], columns: int) -> None:
    y = np.array(values)
    x = np.arange(len(y), dtype=np.float64)
    low, high = column_extremes(x, y, (0.0, max(1.0, x[-1])), columns)
    assert np.nanmin(low) == y.min()
    assert np.nanmax(high) == y.max()


def test_between_two_points_the_curve_is_a_line_and_outside_it_is_nothing() -> None:
    low, high = column_extremes(np.array([2.0, 6.0]), np.array([0.0, 4.0]), (0.0, 10.0), 10)
    assert np.isnan(low[:2]).all()
    assert np.isnan(high[7:]).all()
    assert (np.diff(low[2:7]) > 0).all()
    assert low[2] == 0.0
    assert high[6] == 4.0


@given(st.lists(st.floats(0, 1), min_size=2, max_size=80))
def test_neighbouring_columns_touch(values: list[float]) -> None:
    y = np.array(values)
    low, high = column_extremes(np.arange(len(y), dtype=np.float64), y, (0.0, len(y) - 1.0), 40)
    dots = raster(low, high, (0.0, 1.0), 16)
    filled = [set(np.flatnonzero(column)) for column in dots.T]
    assert all(filled)
    for left, right in pairwise(filled):
        assert min(abs(a - b) for a in left for b in right) <= 1


def test_dots_stand_where_braille_has_them() -> None:
    dots = np.zeros((4, 2), dtype=bool)
    for row, column, sign in ((0, 0, "⠁"), (1, 0, "⠂"), (2, 0, "⠄"), (3, 0, "⡀"), (0, 1, "⠈"), (3, 1, "⢀")):
        one = dots.copy()
        one[row, column] = True
        assert braille_cells(one) == [sign]
    assert braille_cells(dots) == [" "]
