"""From points to columns of dots."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.widgets.plots.smoothing import Floats
from iqa_tui.widgets.plots.thinning import column_extremes, column_means


def place_by_place(x: Floats, y: Floats, bounds: tuple[float, float], columns: int) -> tuple[Floats, Floats]:
    """As `column_extremes`, by asking every point for its column; all points lie within the bounds."""
    left, right = bounds
    scale = columns / (right - left)
    places = np.clip(((x - left) * scale).astype(np.int64), 0, columns - 1)
    low, high = np.full(columns, np.nan), np.full(columns, np.nan)
    first, last = int(places[0]), int(places[-1])
    low[first : last + 1] = high[first : last + 1] = np.interp(left + (np.arange(first, last + 1) + 0.5) / scale, x, y)
    for column in range(columns):
        if (places == column).any():
            low[column], high[column] = y[places == column].min(), y[places == column].max()
    return low, high


@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=120),
    st.sampled_from([1.0, 0.1, 0.3, 1 / 7]),
    st.integers(1, 70),
    st.sampled_from([1.0, 1.3]),
)
def test_looking_up_the_edges_gives_what_asking_every_point_gives(
    places: list[int], unit: float, columns: int, room: float
) -> None:
    x = np.sort(np.array(places) * unit)
    y = np.random.default_rng(len(places)).random(len(places))
    bounds = (0.0, max(float(x[-1]), unit) * room)
    for found, expected in zip(
        column_extremes(x, y, bounds, columns), place_by_place(x, y, bounds, columns), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


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


def test_a_window_shows_the_points_in_it_and_the_lines_that_lead_out_of_it() -> None:
    x, y = np.array([0.0, 4.0, 5.0, 10.0]), np.array([0.0, 4.0, 9.0, 0.0])
    low, high = column_extremes(x, y, (2.0, 6.0), 4)
    np.testing.assert_allclose(low, [2.5, 3.5, 4.0, 9.0])
    np.testing.assert_allclose(high, [2.5, 3.5, 4.0, 9.0])
    for beside in ((-9.0, -1.0), (11.0, 12.0)):
        assert np.isnan(column_extremes(x, y, beside, 4)[0]).all()


def test_the_mean_of_a_column_is_of_its_points_or_on_the_line_between() -> None:
    means = column_means(np.array([0.0, 0.5, 3.0]), np.array([1.0, 3.0, 8.0]), (0.0, 4.0), 4)
    assert means[0] == 2.0
    assert means[1] == pytest.approx(5.0)
    assert means[3] == 8.0
