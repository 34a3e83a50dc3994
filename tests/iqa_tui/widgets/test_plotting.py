"""Several curves in one drawing."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest

from iqa_tui.widgets.canvas import Line, line_width
from iqa_tui.widgets.plotting import plot_lines
from iqa_tui.widgets.series import PlotOptions, Series

FALLING = Series("F2", "L2 (MSE)", 0, tuple(range(1, 101)), tuple(math.exp(-step / 25) for step in range(1, 101)))
FLAT = Series("F3", "SRCC", 1, tuple(range(1, 51)), (0.5,) * 50)


def ending(name: str, value: float, colour: int, *, front: bool = False) -> Series:
    """A curve that falls from 1 to `value`."""
    falling = tuple(value + (1 - value) * math.exp(-step / 4) for step in range(1, 41))
    return Series(name, "", colour, tuple(range(1, 41)), falling, front=front)


DEMO = [ending(*each) for each in (("F1", 0.1123, 0), ("F2", 0.0512, 1), ("F3", 0.0433, 2), ("F5", 0.0167, 3))]


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


def test_a_curve_that_ends_among_others_is_named_in_the_margin_in_the_order_of_the_values() -> None:
    """Around its end another one goes up and down: a name below that would read as the lowest."""
    noisy = Series("N", "", 0, tuple(range(101)), (*(5.0 * (step % 2) for step in range(100)), 2.0))
    high, low = (Series(name, "", 1, (0, 100), (value, value)) for name, value in (("H", 4.5), ("L", 1.0)))
    short = Series("S", "", 3, (0, 50), (3.0, 3.0))
    for order in ([noisy, high, low, short], [short, low, high, noisy]):
        shown = "\n".join(texts(plot_lines(order, 60, 10, PlotOptions()))[1:-1])
        assert re.findall(r"([A-Z])$", shown, re.MULTILINE) == ["H", "S", "N", "L"]


@pytest.mark.parametrize(("width", "height"), [(90, 17), (68, 8), (120, 12)])
def test_curves_that_end_together_are_named_in_one_order_though_some_have_no_room_at_their_ends(
    width: int, height: int
) -> None:
    """Five losses that end near 0 at step 108 of an axis to 120 or 150, below a peak of 4."""
    values = {"F1": 0.112, "F2": 0.0168, "F3": 0.0398, "F4": 0.0176, "F5": 0.0167}
    curves = [
        Series(name, "", number, tuple(range(1, 109)), (4.0, *(value + 0.5 * 0.9**step for step in range(107))))
        for number, (name, value) in enumerate(values.items())
    ]
    shown = "\n".join(texts(plot_lines(curves, width, height, PlotOptions()))[1:-1])
    names = [name for name in re.findall(r"F\d(?= *$| +F\d)", shown, re.MULTILINE) if name in values]
    assert len(names) >= 3
    assert names == sorted(names, key=lambda name: -values[name])


def test_a_name_is_whole_up_to_ten_cells() -> None:
    names = ("lr1e-5·s42", "lr1e-5·s43", "a name that is too long")
    curves = [replace(FALLING, name=name, y=(number / 3.0,) * 100) for number, name in enumerate(names)]
    shown = "\n".join(texts(plot_lines(curves, 80, 10, PlotOptions()))[1:-1])
    assert re.findall(r"(?<=[⠀-⣿] )(.*)$", shown, re.MULTILINE) == ["a name th…", "lr1e-5·s43", "lr1e-5·s42"]


def test_a_curve_that_ends_early_is_named_beside_its_end_if_there_is_room() -> None:
    short = Series("S1", "", 1, (0, 50), (0.5, 0.5))
    (line,) = [line for line in texts(plot_lines([FALLING, short], 60, 12, PlotOptions())) if "S1" in line][1:]
    assert 25 < line.index("S1") < 40


def dots_of(style: str, lines: list[Line]) -> dict[tuple[int, int], str]:
    """Row and column to sign, of one curve, without names and legend."""
    found = {}
    for row, line in enumerate(lines[1:]):
        column = 0
        for text, own in line:
            if own == style:
                found |= {(row, column + place): sign for place, sign in enumerate(text) if sign != " "}
            column += line_width([(text, own)])
    return found


@pytest.mark.parametrize("order", [DEMO, DEMO[::-1], DEMO[2:] + DEMO[:2]])
@pytest.mark.parametrize("options", [PlotOptions(), PlotOptions(log_y=True), PlotOptions(ascii_only=True)])
def test_names_stand_in_the_order_of_the_last_values(order: list[Series], options: PlotOptions) -> None:
    shown = texts(plot_lines(order, 80, 14, options))[1:]
    assert [line.split()[-1] for line in shown if line[-2:].startswith("F")] == ["F1", "F2", "F3", "F5"]


def test_a_cell_that_two_curves_share_has_the_dots_of_the_upper_one_alone() -> None:
    rising = Series("F3", "", 1, FALLING.x, FALLING.y[::-1])
    whole = dots_of("series-1", plot_lines([replace(rising, colour=0), rising], 60, 9, PlotOptions()))
    crossing = plot_lines([FALLING, rising], 60, 9, PlotOptions())
    assert dots_of("series-1", crossing) == whole
    lower = dots_of("series-0", crossing)
    assert lower
    assert not lower.keys() & whole.keys()


def test_the_curve_in_front_is_drawn_over_the_others_whatever_the_order() -> None:
    one, other = FALLING, replace(FALLING, name="F9", colour=1)
    for front, behind in ((one, other), (other, one)):
        in_front = replace(front, front=True)
        for order in ([in_front, behind], [behind, in_front]):
            lines = plot_lines(order, 60, 9, PlotOptions())
            assert dots_of(f"series-{front.colour}", lines)
            assert not dots_of(f"series-{behind.colour}", lines)


def test_three_steps_have_three_whole_ticks() -> None:
    curve = Series("F2", "", 0, (1, 2, 3), (0.3, 0.2, 0.1))
    axis = texts(plot_lines([curve], 110, 9, PlotOptions()))[-1]
    assert re.findall(r"[0-9.]+", axis) == ["0", "1", "2", "3"]


def test_ticks_of_a_narrow_range_are_told_apart() -> None:
    curve = Series("F2", "", 0, (1, 2, 3), (0.50001, 0.50002, 0.50003))
    labels = [line.split("┤")[0].strip() for line in texts(plot_lines([curve], 60, 12, PlotOptions())) if "┤" in line]
    assert labels == ["0.50003", "0.50002", "0.50001"]
    narrower = Series("F2", "", 0, (1, 2), (0.5000001, 0.5000002))
    labels = [
        line.split("┤")[0].strip() for line in texts(plot_lines([narrower], 60, 12, PlotOptions())) if "┤" in line
    ]
    assert labels == ["0.50000"]


@pytest.mark.parametrize("seconds", [0.5, 3.0, 170.0, 179.0, 185.0, 7190.0, 40_000.0, 345_000.0, 3e6])
@pytest.mark.parametrize("width", [20, 48, 60, 110, 200])
def test_labels_of_time_differ_and_never_touch(seconds: float, width: int) -> None:
    curve = Series("F2", "", 0, (0.0, seconds), (1.0, 0.5))
    axis = texts(plot_lines([curve], width, 9, PlotOptions(x_is_time=True)))[-1].partition("└")[2]
    labels = [label for label in axis.split("─") if label]
    assert len(labels) == len(set(labels))
    assert all(re.fullmatch(r"0|[0-9.]{1,4} (s|min|h|d)", label) for label in labels)


def test_a_small_last_value_is_said_as_the_options_say_it() -> None:
    small = Series("F4", "", 0, (1, 2), (0.5, 1.2345e-5))
    assert texts(plot_lines([small], 48, 9, PlotOptions(value_words="{:.2e}".format)))[0].endswith(" 1.23e-05")


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
