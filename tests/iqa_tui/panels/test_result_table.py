"""The rows of the table of results."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iqa_tui.monitor.tuning import Tuning
from iqa_tui.panels.result_table import Context, columns_for, delta, number, result_row
from iqa_tui.results.row import Row
from iqa_tui.results.shown import ShownDifference
from iqa_tui.results.table import Table
from iqa_tui.widgets.table_lines import fitting_columns, header_line, row_line
from iqa_tui.words.states import SIGNS, ShownState
from training.runfolder.phase import Phase


def test_a_difference_is_signed_marked_across_protocols_and_coloured_if_it_is_shown() -> None:
    row = Row("F2", "L2", "l2", delta_srcc=-0.0012)
    assert delta(row, ShownDifference(-0.0012, is_shown=True)) == ("−0.0012", "bad")
    across = Row("F2", "L2", "l2", delta_srcc=0.002, delta_note="across protocols")
    assert delta(across, ShownDifference(0.002)) == ("+0.0020†", "")
    assert delta(Row("F1", "L1", "l1"), None) == ("", "")
    assert number(0.93, 0.001, True) == "0.9300 ±0.0010"
    assert number(None, None, False) == "–"


def test_a_failed_row_of_results_says_why() -> None:
    row = Row("F2", "L2", "l2", status="failed: exit 1", phase=Phase.FAILED, shown=ShownState("✗", "failed", "bad"))
    assert result_row(context_of(row), 0).span == (("failed: exit 1", "bad"),)


def table_of(*rows: Row) -> Table:
    return Table("t", "g", "p", "d", (), (), False, "F1", rows)


MEASURED = Row(
    "F2", "Pairwise fidelity", "l2", 0.93, 0.001, 0.94, 0.001, 0.002, hours=1.7, status="finished", run_ids=("a", "b"),
    phase=Phase.FINISHED, shown=ShownState(SIGNS[Phase.FINISHED][0], "finished", "good"),
    expected_low=0.92, expected_high=0.94, met="yes", notes="a note",
)  # fmt: skip


INTERVAL = ShownDifference(0.002, 0.001, 0.003, 0.01, "shown", is_shown=True)


def context_of(*rows: Row, **changes: object) -> Context:
    return Context(table_of(*rows), differences=tuple(INTERVAL if row.srcc else None for row in rows), **changes)


def test_a_row_and_its_mark_on_the_scale_have_the_colour_of_its_runs() -> None:
    cells = result_row(context_of(MEASURED, looks={"b": 3}), 0).cells
    assert cells["id"] == (("F2", "strong series-3"),)
    for name in ("bar", "short"):
        assert [style for text, style in cells[name] if text == "●"] == ["series-3 strong"]
        assert "".join(text for text, _ in cells[name]).strip().startswith("│")


def test_without_colours_the_sign_of_its_curve_stands_beside_the_glyph_of_its_state() -> None:
    context = context_of(MEASURED, Row("F9", "L9", "l9"), looks={"b": 3}, has_signs=True)
    assert "".join(text for text, _ in result_row(context, 0).cells["mark"]) == "✓x"
    assert "".join(text for text, _ in result_row(context, 1).cells["mark"]) == "  "


@pytest.mark.parametrize(("width", "bar"), [(136, "bar"), (76, "short"), (56, "short")])
def test_met_and_the_scale_stay_in_every_width_and_no_name_is_cut(width: int, bar: str) -> None:
    context = context_of(MEASURED)
    columns = fitting_columns(columns_for(context), width)
    assert {"met", bar} <= {column.key for column in columns}
    text = "".join(text for text, _ in row_line(result_row(context, 0), columns, width))
    assert len(text) <= width
    assert "✓ met" in text
    assert "●" in text
    assert "Pairwise fidelity" in text or width < 60
    assert ("+0.0020" in text) == (width > 60)
    assert ("shown" in text) == (width > 80)


def test_a_column_in_which_no_row_says_anything_is_left_out_unless_it_is_chosen() -> None:
    keys = [column.key for column in columns_for(context_of(MEASURED))]
    assert not {"krcc", "rmse", "gpu", "epoch"} & set(keys)
    assert "met" not in [column.key for column in columns_for(context_of(replace(MEASURED, met="")))]
    known = replace(MEASURED, more={"krcc": (0.77, None)}, peak_gpu_gib=40.0)
    assert {"krcc", "gpu"} <= {column.key for column in columns_for(context_of(known))}
    chosen = [column.key for column in columns_for(context_of(MEASURED), ("rmse", "bar"))]
    assert chosen == ["mark", "id", "label", "srcc", "bar", "short", "rmse"]


def tuned(**choice: float) -> Tuning:
    return Tuning(choice, {flag: (value, 1.0, 2.0, 3.0) for flag, value in choice.items()})


@pytest.mark.parametrize(
    ("tunings", "width", "heading", "said"),
    [
        ((tuned(lr=2e-4), tuned(lr=2e-4)), 136, " tuned ", "lr 0.0002 of 4"),
        ((tuned(lr=2e-4), tuned(lr=2e-4)), 76, " tuned lr", "0.0002 of 4"),
        ((tuned(lr=2e-4), tuned(lr=4e-4)), 84, " tuned lr", "0.0002 of 4, 0.0004 of 4"),
        ((tuned(lr=2e-4), None), 80, " tuned lr", "0.0002 of 4, not tuned"),
        ((tuned(lr=2e-4, batch_size=32.0),) * 2, 84, " tuned lr batch_size", "0.0002, 32"),
        ((tuned(lr=2e-4), tuned(batch_size=32.0)), 84, " tuned ", "lr 0.0002, batch_size 32"),
    ],
)
def test_what_a_row_was_tuned_to_is_said_in_fewer_words_before_it_is_cut(
    tunings: tuple[Tuning | None, ...], width: int, heading: str, said: str
) -> None:
    context = context_of(replace(MEASURED, label="SRCC", met="", tunings=tunings))
    columns = fitting_columns(columns_for(context), width)
    assert heading in f" {''.join(text for text, _ in header_line(columns))} "
    line = "".join(text for text, _ in row_line(result_row(context, 0), columns, width))
    assert said in line
    assert "…" not in line
    assert "●" in line


def test_without_a_baseline_there_are_no_differences() -> None:
    context = context_of(MEASURED)
    context = replace(context, table=replace(context.table, baseline=""))
    assert not {"delta", "bar", "shown"} & {column.key for column in columns_for(context)}


def test_a_state_that_is_no_phase_has_its_own_word() -> None:
    row = Row("F2", "L2", "l2", status="queued", phase=Phase.QUEUED, shown=ShownState("⏸", "held", "warning"))
    cells = result_row(context_of(row), 0).cells
    assert (cells["mark"][0], cells["status"]) == (("⏸", "warning"), (("held", "warning"),))
