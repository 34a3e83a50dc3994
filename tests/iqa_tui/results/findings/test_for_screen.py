"""Findings as the Results screen takes them: paragraphs, and a difference for each row of the table."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.results.findings.build import findings_of
from iqa_tui.results.findings.for_screen import for_screen
from iqa_tui.results.intervals.resampling import Resampling
from iqa_tui.results.shown import ShownFindings
from iqa_tui.results.table import Table, read_entries, recorded_plan, table_of
from tests.fakes.ablation import LOSSES, make_ablation


def shown_in(runs_dir: Path) -> tuple[Table, ShownFindings]:
    entries = read_entries(runs_dir, "koniq-losses")
    plan = recorded_plan(entries)
    table = table_of(entries, "koniq-losses", plan)
    return table, for_screen(findings_of(table, entries, plan, Resampling(resamples=300)), table)


@pytest.fixture
def three(tmp_path: Path) -> tuple[Table, ShownFindings]:
    make_ablation(tmp_path, {row: LOSSES[row] for row in ("F1", "F3")}, images=80)
    return shown_in(tmp_path)


def test_each_row_of_the_table_has_its_difference_in_its_place(three: tuple[Table, ShownFindings]) -> None:
    table, shown = three
    by_row = {(row.id, row.recorded): found for row, found in zip(table.rows, shown.differences, strict=True)}
    assert by_row["F1", False] is None
    assert by_row["F2", False] is None
    recorded, measured = by_row["F1", True], by_row["F3", False]
    assert recorded is not None
    assert (recorded.low, recorded.p) == (None, None)
    assert "recorded" in recorded.word
    assert measured is not None
    assert measured.low is not None
    assert measured.word in ("shown", "not shown")
    assert measured.is_shown == (measured.word == "shown")
    assert shown.warning == ""


def test_ids_stand_in_the_line_of_their_words_and_verdicts_have_their_colour(
    three: tuple[Table, ShownFindings],
) -> None:
    _, shown = three
    texts = [each.text for each in shown.paragraphs]
    assert any(text.startswith("F3    0.9") for text in texts)
    styles = {each.text[:8]: each.style for each in shown.paragraphs}
    assert styles["H1 ○ not"] == "strong dim"
    assert {each.style for each in shown.paragraphs if each.text.startswith("✓ ")} <= {"good"}
    assert shown.paragraphs[0].style == "strong accent"


def test_with_one_seed_there_is_a_warning(tmp_path: Path) -> None:
    make_ablation(tmp_path, {row: LOSSES[row] for row in ("F1", "F3")}, images=80, seeds=(1,))
    assert shown_in(tmp_path)[1].warning == "one seed: training noise is not in it"
