"""One plot: a title, curves between axes, names."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest

from iqa_tui.widgets.canvas import line_width
from iqa_tui.widgets.plots.series import Along, Dots, PlotLook, Scale, Series
from iqa_tui.widgets.plots.small_plot import PlotDrawer
from tests.fakes.small_plots import ALL, dots_of, draw, plot, series, texts

FALLING = series("F2", tuple(range(1, 101)), tuple(math.exp(-step / 25) for step in range(1, 101)))
FLAT = series("F3", tuple(range(1, 51)), (0.5,) * 50, 1)
DEMO = [
    series(name, tuple(range(1, 101)), tuple(value + (1 - value) * math.exp(-step / 10) for step in range(100)), look)
    for name, value, look in (("F1", 0.1123, 0), ("F2", 0.0512, 1), ("F3", 0.0433, 2), ("F5", 0.0167, 3))
]


def test_one_curve_with_its_title_axes_and_last_value() -> None:
    assert texts(draw(plot(FALLING))) == [
        "loss                                   F2 0.0183",
        "   1.0┤⠢⡀",
        "   0.8┤ ⠈⢆⡀",
        "   0.6┤   ⠈⠢⡀",
        "      │     ⠈⠑⠤⣀",
        "   0.4┤         ⠑⠒⢄⣀⡀",
        "   0.2┤             ⠈⠑⠒⠤⠤⣄⣀⣀",
        "   0.0┤                     ⠉⠉⠉⠑⠒⠒⠒⠒⠲⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⢤",
        "      └0──────────────────50─────────────────100",
    ]


def test_on_a_logarithmic_axis_an_exponential_is_a_straight_line() -> None:
    shown = texts(draw(plot(FALLING, scale=Scale.LOG)))
    assert shown[0] == "loss · log                             F2 0.0183"
    dots = sorted(dots_of("series-0", draw(plot(FALLING, scale=Scale.LOG))))
    rows = {row: [column for own, column in dots if own == row] for row, _ in dots}
    lengths = [len(columns) for columns in rows.values()][1:-1]
    assert max(lengths) - min(lengths) <= 1


def test_the_axis_is_logarithmic_by_itself_if_the_values_spread_over_more_than_a_power_of_ten() -> None:
    near = series("F2", (1, 100), (0.5, 0.1))
    assert texts(draw(plot(FALLING, scale=Scale.AUTO)))[0].startswith("loss · log")
    assert texts(draw(plot(near, scale=Scale.AUTO)))[0].startswith("loss  ")
    assert texts(draw(plot(FALLING, scale=Scale.AUTO, may_be_log=False)))[0].startswith("loss  ")
    assert texts(draw(plot(series("F2", (1, 100), (-0.5, 9.0)), scale=Scale.AUTO)))[0].startswith("loss  ")


def test_what_is_not_above_zero_has_no_logarithm_and_is_left_out() -> None:
    mixed = series("F4", (1, 2, 3), (1.0, 0.0, 0.1))
    assert {label for label, _ in [line[0] for line in draw(plot(mixed, scale=Scale.LOG))[1:-1]]} >= {
        "     1┤",
        "   0.1┤",
    }
    zero = series("F4", (1, 2), (0.0, 0.0))
    assert "no value above zero yet" in "".join(texts(draw(plot(zero, scale=Scale.LOG))))


def test_values_that_are_not_finite_are_left_out() -> None:
    broken = series("F2", (1, 2, 3, 4), (1.0, None, float("nan"), 0.5))
    assert texts(draw(plot(broken)))[0].endswith("F2 0.5000")
    nothing = series("F2", (1, 2), (None, None))
    assert "no finite value yet" in "".join(texts(draw(plot(nothing))))


def test_a_robust_axis_cuts_what_few_values_stretch_and_marks_it() -> None:
    spiked = series("F2", tuple(range(100)), (*(0.5 + step / 1000 for step in range(99)), 400.0))
    assert "▲" not in "".join(texts(draw(plot(spiked, scale=Scale.LINEAR))))
    shown = texts(draw(plot(spiked, scale=Scale.ROBUST)))
    assert "▲" in shown[1]
    assert {label.strip() for line in shown if "┤" in line for label in [line.split("┤")[0]]} <= {
        "0.48", "0.50", "0.52", "0.54", "0.56", "0.58", "0.60", "0.5", "0.6", "0.55"
    }  # fmt: skip
    assert "▲" not in "".join(texts(draw(plot(FALLING, scale=Scale.ROBUST))))


@pytest.mark.parametrize("order", [DEMO, DEMO[::-1], DEMO[2:] + DEMO[:2]])
@pytest.mark.parametrize("dots", list(Dots))
@pytest.mark.parametrize("scale", [Scale.LINEAR, Scale.LOG])
def test_names_stand_in_the_order_of_the_last_values(order: list[Series], dots: Dots, scale: Scale) -> None:
    shown = texts(draw(plot(*order, scale=scale), 54, 14, PlotLook(dots=dots)))[1:]
    assert [line.split()[-1] for line in shown if line[-2:].startswith("F")] == ["F1", "F2", "F3", "F5"]


def test_a_curve_that_ends_early_is_named_beside_its_end_if_there_is_room() -> None:
    (line,) = [line for line in texts(draw(plot(FALLING, FLAT), 54, 12)) if "F3" in line]
    assert 25 < line.index("F3") < 40


def test_a_curve_that_ends_among_others_is_named_in_the_margin_in_the_order_of_the_values() -> None:
    """Around its end another one goes up and down: a name below that would read as the lowest."""
    noisy = series("N", tuple(range(101)), (*(5.0 * (step % 2) for step in range(100)), 2.0))
    high, low = (series(name, (0, 100), (value, value), 1) for name, value in (("H", 4.5), ("L", 1.0)))
    short = series("S", (0, 50), (3.0, 3.0), 3)
    for order in ([noisy, high, low, short], [short, low, high, noisy]):
        shown = "\n".join(texts(draw(plot(*order), 54, 10))[1:-1])
        assert re.findall(r"([A-Z])$", shown, re.MULTILINE) == ["H", "S", "N", "L"]


def test_of_more_curves_than_rows_some_are_named_over_all_values_and_that_in_front_always() -> None:
    many = [series(f"R{number:02}", (0, 100), (number, number), number) for number in range(40)]
    shown = texts(draw(plot(*many), 54, 10, PlotLook(front="R17")))
    names = re.findall(r"R\d\d$", "\n".join(shown[1:]), re.MULTILINE)
    assert names == sorted(names, reverse=True)
    assert {"R39", "R17", "R00"} <= set(names)
    assert shown[0].endswith("R17 17.0000")


def test_a_cell_that_two_curves_share_has_the_dots_of_the_upper_one_alone() -> None:
    rising = series("F3", FALLING.x.column, FALLING.y[::-1], 1)
    whole = dots_of("series-1", draw(plot(replace(FALLING, key="other", look=2, y=rising.y), rising)))
    crossing = draw(plot(FALLING, rising))
    assert dots_of("series-1", crossing) == whole
    lower = dots_of("series-0", crossing)
    assert lower
    assert not lower.keys() & whole.keys()


def test_the_curve_in_front_is_drawn_over_the_others_whatever_the_order() -> None:
    other = replace(FALLING, key="F9", name="F9", look=1)
    for front, behind in ((FALLING, other), (other, FALLING)):
        for order in ((front, behind), (behind, front)):
            lines = draw(plot(*order), look=PlotLook(front=front.key))
            assert dots_of(f"series-{front.look}", lines)
            assert not dots_of(f"series-{behind.look}", lines)


def test_the_eighth_curve_has_the_first_colour_and_another_dash() -> None:
    flat = series("A", (0, 100), (1.0, 1.0))
    solid, dashed = (dots_of("series-0", draw(plot(replace(flat, look=look)))) for look in (0, 7))
    assert set(dashed) < set(solid)


SMOOTHED = plot(
    series("F2", tuple(range(100)), tuple(float(step % 2) for step in range(100))), smoothing=0.97, scale=Scale.LINEAR
)


def test_the_values_as_measured_stand_dim_behind_the_smoothed_ones() -> None:
    wide = draw(SMOOTHED, 48, 9)
    assert dots_of("ghost-0", wide)
    assert not dots_of("ghost-0", draw(replace(SMOOTHED, smoothing=0.0)))


SEEDS = [
    replace(series(f"s{seed}", (0, 50, 100), (0.0, 0.5 + seed / 10, 0.8 + seed / 10), seed * 7, "F2"))
    for seed in (0, 1, 2)
]


def test_seeds_are_a_mean_with_a_band_or_each_alone() -> None:
    banded = draw(plot(*SEEDS, has_points=True), 70, 9, PlotLook(is_banded=True, front="s1"))
    assert dots_of("ghost-0", banded)
    assert texts(banded)[0].endswith("F2 0.9000")
    assert "•" in "".join(texts(banded))
    alone = draw(plot(*SEEDS), 70, 9, PlotLook(is_banded=False, front="s1"))
    assert not dots_of("ghost-0", alone)
    assert texts(alone)[0].endswith("s1 0.9000")
    assert sum(bool(re.search(r"s\d", line)) for line in texts(alone)[1:]) == 3


def test_the_chosen_epoch_is_a_star_among_the_points() -> None:
    scores = replace(series("F2", (20, 40, 60, 80, 100), (0.5, 0.7, 0.9, 0.8, 0.7)), star=60)
    shown = "\n".join(texts(draw(plot(scores, has_points=True))))
    assert (shown.count("•"), shown.count("★")) == (4, 1)
    (line,) = [line for line in shown.splitlines() if "★" in line]
    assert shown.splitlines().index(line) == 1 or "•" not in shown.splitlines()[1]


def test_the_crosshair_reads_out_every_curve_at_its_place_highest_first() -> None:
    shown = texts(draw(plot(FALLING, FLAT, scale=Scale.LINEAR), 54, 9, PlotLook(cross=0.25)))
    assert [line.split()[-2:] for line in shown[1:3]] == [["F3", "0.5000"], ["F2", "0.3679"]]
    assert sum("│" in line[10:] for line in shown[1:]) >= 5
    beyond = texts(draw(plot(FALLING, FLAT), 54, 9, PlotLook(cross=0.9)))
    assert not any("F3" in line for line in beyond[1:])


def test_curves_that_have_no_row_at_the_crosshair_are_counted() -> None:
    many = [series(f"R{number}", (0, 100), (number, number), number) for number in range(12)]
    shown = texts(draw(plot(*many), 54, 7, PlotLook(cross=0.5, front="R0")))
    assert shown[1].endswith("R11 11.0000")
    assert shown[4].endswith("R0 0.0000")
    assert shown[5].endswith("+8 more")


def test_a_warning_has_the_longest_form_that_fits() -> None:
    warned = plot(FALLING, FLAT, scale=Scale.LINEAR, notes=("different losses, not comparable", "not comparable"))
    assert texts(draw(warned, 60))[0] == "loss · different losses, not comparable"
    assert texts(draw(warned, 24))[0] == "loss · not comparable"
    assert texts(draw(warned, 10))[0] == "loss"


def test_in_ascii_each_curve_has_its_own_sign() -> None:
    shown = "\n".join(texts(draw(plot(FALLING, FLAT), look=PlotLook(dots=Dots.ASCII))))
    assert "*" in shown
    assert "o" in shown
    assert not any("⠀" <= sign <= "⣿" for sign in shown)


def test_without_colours_each_curve_and_its_name_have_its_sign() -> None:
    plain = texts(draw(plot(FALLING, FLAT), 54, 9))
    shown = texts(draw(plot(FALLING, FLAT), 54, 9, PlotLook(has_signs=True)))
    assert not any("* F2" in line or "o F3" in line for line in plain)
    assert any("* F2" in line for line in shown)
    assert any("o F3" in line for line in shown)
    assert sum(line.count("*") for line in shown[1:-1]) >= 4
    assert sum(line.count("o") for line in shown[1:-1]) >= 3


def test_a_constant_and_huge_and_tiny_values_have_axes() -> None:
    for value in (0.0, 1e9, 1e-9, -5.0, 1e300):
        for scale in Scale:
            assert len(draw(plot(series("F2", (1, 2, 3), (value,) * 3), scale=scale))) == 9


def test_a_name_of_wide_signs_stands_at_its_curves_end_and_moves_nothing() -> None:
    wide = replace(FLAT, name="損失関数の比較")
    for width in (60, 120):
        lines = draw(plot(FALLING, wide), width)
        assert any("損失" in text for text in texts(lines[1:]))
        assert {line_width(line) for line in lines} == {width}


def test_what_did_not_change_is_not_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cursor that moves changes which curve is in front; a point more changes one curve."""
    from iqa_tui.widgets.plots.traces import Trace

    thinned: list[str] = []
    whole = Trace.thin
    monkeypatch.setattr(
        Trace, "thin", lambda self, *args, **how: (thinned.append(self.name), whole(self, *args, **how))[1]
    )
    drawer, drawn = PlotDrawer(), plot(*DEMO, scale=Scale.LINEAR)
    for front in ("", "F1", "F5"):
        drawer.lines(drawn, PlotLook(front=front), ALL, 60, 9)
    assert sorted(thinned) == ["F1", "F2", "F3", "F5"]
    longer = replace(DEMO[0], x=Along((*DEMO[0].x.column, 101)), y=(*DEMO[0].y, 0.1))
    drawer.lines(plot(longer, *DEMO[1:], scale=Scale.LINEAR), PlotLook(), ALL, 60, 9)
    assert thinned[4:] == ["F1"]
