"""Curves alone and as the mean of a group."""

from __future__ import annotations

import math

import numpy as np
import pytest

from iqa_tui.widgets.plots.columns import ColumnStore
from iqa_tui.widgets.plots.series import Along, Plot, PlotLook, Series
from iqa_tui.widgets.plots.traces import Trace, traces_of


def traces(*values: tuple[float, ...], has_points: bool = False, is_banded: bool = True) -> list[Trace]:
    """One curve a tuple, all of one group, at x = 0, 1, …"""
    series = tuple(
        Series(f"s{seed}", f"s{seed}", 7 * seed, Along(tuple(range(len(y)))), y, "F2", "F2")
        for seed, y in enumerate(values)
    )
    plot = Plot("loss", "loss", series, has_points=has_points)
    return traces_of(plot, PlotLook(is_banded=is_banded), ColumnStore())


def test_the_mean_and_the_standard_deviation_are_of_the_seeds_that_have_come_so_far() -> None:
    (trace,) = traces((1.0, 2.0, 3.0), (3.0, 4.0))
    assert trace.name == "F2"
    assert trace.value_at(1.0) == (3.0, pytest.approx(math.sqrt(2)))
    assert trace.value_at(2.0) == (3.0, None)
    assert trace.value_at(2.5) is None
    thin = trace.thin((0.0, 3.0), 3, is_log=False, has_points=False)
    assert thin.band is not None
    np.testing.assert_allclose(thin.line[0], [2.0, 3.0, 3.0])
    np.testing.assert_allclose(thin.band[1] - thin.band[0], [2 * math.sqrt(2), 2 * math.sqrt(2), 0.0])


def test_a_group_of_one_is_a_curve_alone() -> None:
    (trace,) = traces((1.0, 2.0))
    assert not trace.is_mean
    assert trace.thin((0.0, 1.0), 4, is_log=False, has_points=False).band is None
    assert [each.name for each in traces((1.0,), (2.0,), is_banded=False)] == ["s0", "s1"]


def test_the_points_of_a_mean_are_means() -> None:
    (trace,) = traces((1.0, 2.0), (3.0, 6.0), has_points=True)
    points = trace.thin((0.0, 1.0), 4, is_log=False, has_points=True).points
    assert points is not None
    assert [each.tolist() for each in points] == [[0.0, 1.0], [2.0, 4.0]]


def test_a_band_that_reaches_below_zero_has_no_lower_end_on_a_logarithmic_axis() -> None:
    (trace,) = traces((0.01, 0.01), (1.0, 1.0))
    thin = trace.thin((0.0, 1.0), 2, is_log=True, has_points=False)
    assert thin.band is not None
    assert thin.line[0][0] == pytest.approx(math.log10(0.505))
    assert thin.band[0][0] == -math.inf
    assert thin.band[1][0] == pytest.approx(math.log10(0.505 + 0.99 / math.sqrt(2)))


def test_the_value_of_a_mean_is_that_at_its_end_as_it_is_drawn() -> None:
    (trace,) = traces((1.0, 2.0, 3.0), (3.0, 4.0))
    assert trace.last == 3.0  # the second seed is not there yet
    (both,) = traces((1.0, 2.0), (3.0, 4.0))
    assert both.last == 3.0
