"""The chart of results: values, spreads and differences stand at their places on the scales."""

from __future__ import annotations

import pytest

from iqa_tui.panels.result_chart import ResultChart, value_bounds
from iqa_tui.results.row import Row
from iqa_tui.results.shown import ShownDifference, ShownFindings
from iqa_tui.results.table import Table

BASE = Row("F1", "L1", "l1", srcc=0.90, srcc_sd=0.01)
BETTER = Row("F2", "L2", "l2", srcc=0.94, srcc_sd=0.01, delta_srcc=0.04, expected_low=0.95, expected_high=0.96)
RECORDED = Row("F1", "L1", "l1", srcc=0.92, recorded=True)
NOT_RUN = Row("F3", "L3", "l3")
ROWS = (RECORDED, BASE, BETTER, NOT_RUN)
FOUND = ShownFindings((), (None, None, ShownDifference(0.04, -0.01, 0.09, 0.2, "not shown"), None))


def drawn(width: int, height: int, *rows: Row, baseline: str = "F1", **changes: bool) -> list[str]:
    chart = ResultChart(**{"ascii_mode": False, "has_signs": False, **changes})
    chart._table = Table("t", "g", "p", "d", (), (), False, baseline, rows or ROWS)
    chart._findings = FOUND
    return ["".join(text for text, _ in line) for line in chart.draw(width, height)]


def test_a_value_its_spread_and_the_expected_range_stand_in_order() -> None:
    recorded, base, better, axis = drawn(100, 6)
    assert recorded.startswith("F1◆")
    assert "◆" in recorded[4:]
    value = base[: base.index("┤") + 1].strip()
    assert value.startswith("F1")
    assert value.split()[1][0] == "├"
    assert base.index("├") < base.index("●") < base.index("┤") < recorded.index("◆", 4) < better.index("●")
    assert better.index("┤") < better.index("░")
    assert "test SRCC" in axis
    assert "Δ to F1" in axis


def test_an_interval_that_holds_zero_crosses_its_line() -> None:
    better = drawn(100, 6)[2]
    gap = better[better.rindex("├") :]
    assert gap.index("┼") < gap.index("●") < gap.index("┤")
    assert "│" in drawn(100, 6)[1]


def test_with_room_the_numbers_stand_below_each_row() -> None:
    lines = drawn(100, 7)
    assert len(lines) == 7
    assert "0.9000 ±0.0100" in lines[3]
    assert "+0.0400 [−0.0100, +0.0900] not shown" in lines[5]


@pytest.mark.parametrize("width", [76, 70, 60, 50])
def test_the_numbers_of_a_difference_are_never_cut(width: int) -> None:
    """The scale of the values gives cells away; if that is not enough, the interval is drawn alone."""
    text = "\n".join(drawn(width, 7))
    assert "…" not in text
    assert "+0.0400" in text
    assert "not shown" in text
    assert ("[−0.0100, +0.0900]" in text) == (width >= 70)
    assert "0.9000 ±0.0100" in text
    assert "test SRCC" in text


def test_in_ascii_nothing_but_ascii_is_drawn_for_rows() -> None:
    rows = "".join(drawn(100, 6, ascii_mode=True)[:3])
    assert rows.isascii()
    assert "[" in rows
    assert "o" in rows


@pytest.mark.parametrize(("width", "has_differences"), [(100, True), (40, True), (30, False)])
def test_in_a_narrow_place_the_differences_are_left_out(width: int, has_differences: bool) -> None:
    lines = drawn(width, 4)
    assert ("−0.014" in lines[-1]) == has_differences
    assert all(len(line) <= width for line in lines)


@pytest.mark.parametrize("height", range(1, 12))
@pytest.mark.parametrize("width", [1, 5, 20, 60, 200])
def test_it_draws_in_any_place(width: int, height: int) -> None:
    assert len(drawn(width, height)) <= height


def test_rows_without_a_value_are_not_drawn_and_none_at_all_is_said() -> None:
    assert not any(line.startswith("F3") for line in drawn(100, 9))
    assert drawn(100, 9, NOT_RUN) == ["no results yet"]


def test_without_a_baseline_the_values_take_the_whole_width() -> None:
    lines = drawn(100, 4, baseline="")
    assert "Δ" not in lines[-1]
    assert len(lines[-1]) == 100


def test_the_scale_holds_every_value_with_its_spread_and_every_range() -> None:
    low, high = value_bounds([BASE, BETTER])
    assert low < 0.89
    assert high > 0.96
