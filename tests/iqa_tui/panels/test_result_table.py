"""The rows of the table of results."""

from __future__ import annotations

from iqa_tui.panels.result_table import delta, number, result_row, srcc_bounds
from iqa_tui.results.row import Row
from iqa_tui.results.table import Table
from training.runfolder.phase import Phase


def test_a_difference_is_signed_and_marked_across_protocols() -> None:
    assert delta(Row("F2", "L2", "l2", delta_srcc=-0.0012)) == ("−0.0012", "bad")
    assert delta(Row("F2", "L2", "l2", delta_srcc=0.002, delta_note="across protocols")) == ("+0.0020†", "good")
    assert delta(Row("F1", "L1", "l1")) == ("", "")
    assert number(0.93, 0.001, True) == "0.9300 ±0.0010"
    assert number(None, None, False) == "–"


def test_the_scale_of_the_bars_holds_every_value_and_range() -> None:
    rows = (Row("F1", "L1", "l1", srcc=0.9), Row("F2", "L2", "l2", expected_low=0.93, expected_high=0.95))
    table = Table("t", "g", "p", "d", (), (), False, "F1", rows)
    low, high = srcc_bounds(table)
    assert low < 0.9
    assert high > 0.95
    assert srcc_bounds(Table("t", "g", "p", "d", (), (), False, "F1", ())) == (0.0, 1.0)


def test_a_failed_row_of_results_says_why() -> None:
    row = result_row(Row("F2", "L2", "l2", status="failed: exit 1", phase=Phase.FAILED), (0.0, 1.0), False)
    assert row.span == (("failed: exit 1", "bad"),)
