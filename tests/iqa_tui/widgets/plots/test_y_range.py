"""A logarithmic axis and the values that it has no place for."""

from __future__ import annotations

import math

import pytest

from iqa_tui.widgets.plots.series import PlotLook, Scale
from tests.fakes.small_plots import dots_of, draw, plot, series, texts


@pytest.mark.parametrize("last", [0.0, (math.sqrt(2) - 1) ** 2 + 1e-9, (math.sqrt(2) - 1) ** 2 - 1e-9])
def test_a_band_near_zero_leaves_the_curves_their_place_on_a_logarithmic_axis(last: float) -> None:
    """The mean less the deviation is below zero, or by chance as near to it as it likes."""
    seeds = [series(name, (1, 50, 100), (1.0, 0.5, end), group="F1") for name, end in (("s1", 1.0), ("s2", last))]
    drawn = draw(plot(*seeds, scale=Scale.LOG), look=PlotLook(is_banded=True))
    labels = [float(text[:6]) for text in texts(drawn)[1:-1] if text[6] == "┤" and text[:6].strip()]
    assert labels
    assert min(labels) >= 0.01
    assert dots_of("ghost-0", drawn)


def test_the_title_says_that_a_logarithmic_axis_leaves_values_out() -> None:
    zeros = series("F4", tuple(range(5)), (1.0, 0.0, -0.2, 0.1, 0.05))
    assert texts(draw(plot(zeros, scale=Scale.LOG)))[0].startswith("loss · log, above 0 only  ")
    assert texts(draw(plot(zeros, scale=Scale.LOG), width=30))[0].startswith("loss · log > 0 ")
    assert texts(draw(plot(zeros, scale=Scale.LINEAR)))[0].startswith("loss  ")
    assert (
        texts(draw(plot(zeros, scale=Scale.LOG, notes=("beware",)), width=34))[0]
        == "loss · log > 0 · beware  F4 0.0500"
    )
    nothing = series("F4", (1, 2), (0.0, 0.0))
    assert texts(draw(plot(nothing, scale=Scale.LOG)))[0].startswith("loss · log, above 0 only")


def test_no_line_is_drawn_through_a_value_that_a_logarithmic_axis_leaves_out() -> None:
    curve = series("F4", (0, 40, 50, 60, 100), (1.0, 1.0, 0.0, 1.0, 1.0))
    columns = {column - 7 for _, column in dots_of("series-0", draw(plot(curve, scale=Scale.LOG)))}
    assert {0, 5, 38} <= columns
    assert not {18, 20, 22} & columns  # x from 44 to 56
    linear = {column - 7 for _, column in dots_of("series-0", draw(plot(curve, scale=Scale.LINEAR)))}
    assert {18, 20, 22} <= linear
