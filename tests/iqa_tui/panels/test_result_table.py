"""The rows of the table of results."""

from __future__ import annotations

import pytest

from iqa_tui.panels.result_table import columns_for, delta, number, result_row, srcc_bounds
from iqa_tui.results.row import Row
from iqa_tui.results.table import Table
from iqa_tui.widgets.table_lines import fitting_columns, row_line
from iqa_tui.words.states import SIGNS, ShownState
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
    row = Row("F2", "L2", "l2", status="failed: exit 1", phase=Phase.FAILED, shown=ShownState("✗", "failed", "bad"))
    assert result_row(row, table_of(row), {}).span == (("failed: exit 1", "bad"),)


def table_of(*rows: Row) -> Table:
    return Table("t", "g", "p", "d", (), (), False, "F1", rows)


MEASURED = Row(
    "F2", "Pairwise fidelity", "l2", 0.93, 0.001, 0.94, 0.001, 0.002, hours=1.7, status="finished", run_ids=("a", "b"),
    phase=Phase.FINISHED, shown=ShownState(SIGNS[Phase.FINISHED][0], "finished", "good"),
    expected_low=0.92, expected_high=0.94, met="yes", notes="a note",
)  # fmt: skip


def test_a_row_and_its_mark_on_the_scale_have_the_colour_of_its_runs() -> None:
    cells = result_row(MEASURED, table_of(MEASURED), {"b": 3}).cells
    assert cells["id"] == (("F2", "strong series-3"),)
    for name in ("bar", "short"):
        assert [style for text, style in cells[name] if text == "●"] == ["series-3 strong"]


def test_without_colours_the_sign_of_its_curve_stands_beside_the_glyph_of_its_state() -> None:
    cells = result_row(MEASURED, table_of(MEASURED), {"b": 3}, has_signs=True).cells
    assert "".join(text for text, _ in cells["mark"]) == "✓x"
    not_run = result_row(Row("F9", "L9", "l9"), table_of(MEASURED), {"b": 3}, has_signs=True).cells
    assert "".join(text for text, _ in not_run["mark"]) == "  "


@pytest.mark.parametrize(("width", "bar"), [(136, "bar"), (76, "short"), (56, "short")])
def test_met_and_the_scale_stay_in_every_width_and_no_name_is_cut(width: int, bar: str) -> None:
    table = table_of(MEASURED)
    columns = fitting_columns(columns_for(table), width)
    assert {"met", bar} <= {column.key for column in columns}
    text = "".join(text for text, _ in row_line(result_row(MEASURED, table, {}), columns, width))
    assert len(text) <= width
    assert "✓ met" in text
    assert "●" in text
    assert "Pairwise fidelity" in text or width < 60


def test_a_state_that_is_no_phase_has_its_own_word() -> None:
    row = Row("F2", "L2", "l2", status="queued", phase=Phase.QUEUED, shown=ShownState("⏸", "held", "warning"))
    cells = result_row(row, table_of(row), {}).cells
    assert (cells["mark"][0], cells["status"]) == (("⏸", "warning"), (("held", "warning"),))
