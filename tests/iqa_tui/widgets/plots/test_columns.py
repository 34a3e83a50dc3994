"""From what a series is given to arrays that can be drawn."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence

import numpy as np
import pytest

from iqa_tui.widgets.plots.columns import Columns, ColumnStore
from iqa_tui.widgets.plots.series import Along, Series


def series(x: Along | Sequence[float], y: Sequence[float | None], star: float | None = None) -> Series:
    return Series("run", "F2", 0, x if isinstance(x, Along) else Along(x), y, star=star)


def columns(of: Series, weight: float = 0.0, factor: float = 1.0) -> Columns:
    found = ColumnStore().of(of, weight, factor)
    assert found is not None
    return found


def test_what_is_not_finite_is_left_out_and_what_is_chosen_is_found_among_the_rest() -> None:
    found = columns(series((1, 2, 3, 4), (0.1, None, math.nan, 0.4), star=4))
    assert (found.x.tolist(), found.raw.tolist(), found.star) == ([1.0, 4.0], [0.1, 0.4], 1)
    assert columns(series((1, 2), (0.1, None), star=2)).star is None
    assert ColumnStore().of(series((1,), (None,)), 0.0, 1.0) is None
    assert ColumnStore().of(series((), ()), 0.0, 1.0) is None


def test_x_is_mapped_shifted_and_scaled() -> None:
    along = Along((10.0, 15.0, 20.0), shift=100.0, factor=0.5, knots=((10.0, 20.0), (100.0, 300.0)))
    assert columns(series(along, (1, 2, 3))).x.tolist() == [0.0, 50.0, 100.0]
    assert ColumnStore().of(series(Along((1.0,), knots=((), ())), (1,)), 0.0, 1.0) is None


def test_x_never_runs_back() -> None:
    assert columns(series((1, 3, 2, 4), (1, 2, 3, 4))).x.tolist() == [1.0, 3.0, 3.0, 4.0]


def test_values_are_scaled_before_they_are_smoothed() -> None:
    found = columns(series((1, 2), (1.0, 3.0)), 0.5, 10.0)
    assert found.raw.tolist() == [10.0, 30.0]
    assert found.smooth.tolist() == pytest.approx([10.0, 10 + 20 * 2 / 3])


def test_the_same_columns_are_taken_once_however_they_are_held() -> None:
    store, x, y = ColumnStore(), array("d", [1.0, 2.0]), array("d", [0.5, 0.6])
    first = store.of(series(memoryview(x)[:2], memoryview(y)[:2]), 0.9, 1.0)
    assert store.of(series(memoryview(x)[:2], memoryview(y)[:2]), 0.9, 1.0) is first
    assert store.of(series(memoryview(x)[:2], memoryview(y)[:2]), 0.6, 1.0) is not first


@pytest.mark.parametrize("weight", [0.0, 0.9])
@pytest.mark.parametrize("gap", [None, 0.3])
def test_a_series_that_grows_gives_what_it_gives_at_once(weight: float, gap: float | None) -> None:
    y = [0.5, gap, *np.random.default_rng(1).random(200).tolist(), None, 0.1]
    x = [float(step) for step in range(len(y))]
    store = ColumnStore()
    for until in (1, 2, 50, 203, len(y)):
        growing = store.of(series(tuple(x[:until]), tuple(y[:until])), weight, 1.0)
        whole = columns(series(x[:until], y[:until]), weight)
        assert growing is not None
        for name in ("x", "raw", "smooth"):
            np.testing.assert_allclose(getattr(growing, name), getattr(whole, name))


def test_a_series_that_was_begun_anew_is_not_a_longer_one() -> None:
    store = ColumnStore()
    store.of(series((1, 2, 3), (9.0, 9.0, 9.0)), 0.9, 1.0)
    anew = store.of(series((1, 2, 3, 4), (1.0, 1.0, 1.0, 1.0)), 0.9, 1.0)
    assert anew is not None
    np.testing.assert_allclose(anew.smooth, 1.0)


def test_what_is_shown_no_more_is_freed() -> None:
    store = ColumnStore()
    store.of(series((1,), (1.0,)), 0.0, 1.0)
    store.forget_all_but(["other"])
    assert store._kept == {}
