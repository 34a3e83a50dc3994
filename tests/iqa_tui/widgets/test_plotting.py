"""Several curves in one drawing."""

from __future__ import annotations

import math

import pytest

from iqa_tui.widgets.canvas import Line, line_width
from iqa_tui.widgets.plotting import plot_lines
from iqa_tui.widgets.series import PlotOptions, Series

FALLING = Series("F2", "L2 (MSE)", 0, tuple(range(1, 101)), tuple(math.exp(-step / 25) for step in range(1, 101)))
FLAT = Series("F3", "SRCC", 1, tuple(range(1, 51)), (0.5,) * 50)


def texts(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in line).rstrip() for line in lines]


def test_one_curve_with_its_axes_name_and_last_value() -> None:
    assert texts(plot_lines([FALLING], 48, 9, PlotOptions())) == [
        " ━ F2 L2 (MSE)           0.0183",
        "    1.0┤⠢⡀",
        "       │ ⠈⢆⡀",
        "       │   ⠈⠦⡀",
        "    0.5┤     ⠈⠓⠤⡀",
        "       │        ⠈⠑⠢⢄⣀",
        "       │             ⠉⠓⠒⠤⠤⣀⣀⡀",
        "    0.0┤                    ⠈⠉⠉⠉⠒⠒⠒⠒⠒⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⢤",
        "       └0──────────────────50────────────────100",
    ]


def test_several_curves_are_named_at_their_ends() -> None:
    shown = texts(plot_lines([FALLING, FLAT], 120, 10, PlotOptions()))
    assert sum("F2" in line for line in shown) == 2
    assert sum("F3" in line for line in shown) == 2
    assert shown[0].endswith("━ F2 L2 (MSE)        0.0183")


def test_names_that_would_meet_are_moved_apart() -> None:
    twin = Series("F9", "twin", 2, FALLING.x, FALLING.y)
    shown = texts(plot_lines([FALLING, twin], 60, 8, PlotOptions()))[1:]
    assert [line for line in shown if line.endswith("F2")]
    assert [line for line in shown if line.endswith("F9")]


def test_in_ascii_each_curve_has_its_own_sign() -> None:
    shown = "\n".join(texts(plot_lines([FALLING, FLAT], 60, 8, PlotOptions(ascii_only=True))))
    assert "*" in shown
    assert "o" in shown
    assert not any("⠀" <= sign <= "⣿" for sign in shown)


def test_on_a_logarithmic_axis_an_exponential_is_a_straight_line() -> None:
    assert texts(plot_lines([FALLING], 48, 9, PlotOptions(log_y=True))) == [
        " ━ F2 L2 (MSE)           0.0183",
        "      1┤⠉⠒⠢⠤⣄⣀",
        "       │      ⠉⠉⠒⠢⠤⣀⡀",
        "       │            ⠈⠉⠑⠒⠦⠤⣀⣀",
        "    0.1┤                    ⠉⠑⠒⠤⢄⣀⡀",
        "       │                          ⠈⠉⠓⠒⠤⢄⣀⡀",
        "       │                                 ⠈⠉⠒⠢⠤⣄⣀",
        "   0.01┤",
        "       └0──────────────────50────────────────100",
    ]


def test_what_is_not_above_zero_has_no_logarithm_and_is_left_out() -> None:
    mixed = Series("F4", "", 0, (1, 2, 3), (1.0, 0.0, 0.1))
    assert "0.1000" in texts(plot_lines([mixed], 60, 8, PlotOptions(log_y=True)))[0]
    zero = Series("F4", "", 0, (1, 2), (0.0, 0.0))
    assert texts(plot_lines([zero], 60, 8, PlotOptions(log_y=True)))[0].strip() == "no value above zero yet"


def test_losses_that_were_not_finite_are_left_out() -> None:
    broken = Series("F2", "", 0, (1, 2, 3, 4), (1.0, None, float("nan"), 0.5))
    assert "0.5000" in texts(plot_lines([broken], 60, 8, PlotOptions()))[0]
    nothing = Series("F2", "", 0, (1, 2), (None, None))
    assert texts(plot_lines([nothing], 60, 8, PlotOptions()))[0].strip() == "no finite value yet"


def test_time_is_said_with_its_unit() -> None:
    hours = Series("F2", "", 0, (0.0, 3600.0 * 3), (1.0, 0.5))
    assert "3 h" in texts(plot_lines([hours], 60, 8, PlotOptions(x_is_time=True)))[-1]


@pytest.mark.parametrize("width", [1, 5, 12, 20, 60, 99, 100, 140])
@pytest.mark.parametrize("height", [1, 2, 3, 12])
@pytest.mark.parametrize("series", [[FALLING], [FALLING, FLAT], [Series("F2", "", 0, (1,), (0.0,))]])
def test_every_size_gives_lines_that_fit(width: int, height: int, series: list[Series]) -> None:
    lines = plot_lines(series, width, height, PlotOptions(smoothing=0.6))
    assert len(lines) <= height
    if width >= 20:
        assert all(line_width(line) <= width for line in lines)


def test_a_constant_and_huge_and_tiny_values_have_axes() -> None:
    for value in (0.0, 1e9, 1e-9, -5.0):
        assert plot_lines([Series("F2", "", 0, (1, 2, 3), (value,) * 3)], 60, 8, PlotOptions())


def test_a_name_of_wide_signs_stands_at_its_curves_end_and_moves_nothing() -> None:
    wide = Series("損失", "損失関数の比較", 1, FLAT.x, FLAT.y)
    for width in (60, 120):
        lines = plot_lines([FALLING, wide], width, 8, PlotOptions())
        assert any("損失" in text for text in texts(lines[1:]))
        assert all(line_width(line) <= width for line in lines)
        starts = {text.find("━") for text in texts(lines) if text.count("━") == 1}
        assert len(starts) <= 1
