"""Tables of tuned runs: trials are no rows, the choice has a column, and rows that were tuned unlike say so."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from iqa_tui.results.export import render
from iqa_tui.results.row import Row
from iqa_tui.results.table import Table, build_table, group_tables, read_entries
from iqa_tui.results.tuning import table_sentences, tuning_words
from tests.fakes.runs import finish_run, queue_experiment
from tests.fakes.tuned import GRID, SCORES, FakeTuning, tuned_table


def row_of(table: Table, row_id: str) -> Row:
    return next(row for row in table.rows if row.id == row_id and not row.recorded)


def test_trials_stand_in_no_row_and_the_choice_does(tmp_path: Path) -> None:
    tuned_table(tmp_path, seeds=(1, 2))
    assert len(read_entries(tmp_path)) == 10
    table = build_table(tmp_path)
    for row in (row for row in table.rows if not row.recorded):
        assert (row.seeds, len(row.run_ids), row.status) == ((1, 2), 2, "finished")
    assert row_of(table, "F1").srcc == pytest.approx(0.93645)
    assert [tuning_words(row_of(table, name)) for name in ("F1", "F3")] == ["lr 5e-6 of 4", "lr 1e-5 of 4"]


def test_a_group_of_trials_alone_is_no_table(tmp_path: Path) -> None:
    FakeTuning(tmp_path, "F1").try_all(SCORES["F1"])
    assert group_tables(tmp_path) == []
    assert read_entries(tmp_path) == []


def test_every_export_has_the_choice_and_says_how_it_was_made(tmp_path: Path) -> None:
    tuned_table(tmp_path)
    table = build_table(tmp_path)
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(render(table, "csv"))) if row["run_ids"]}
    assert rows["F3"]["tuned"] == "lr 1e-5 of 4"
    told = json.loads(render(table, "json"))
    assert [row["tuned"] for row in told["rows"] if row["id"] == "F2"] == ["lr 5e-6 of 4"]
    assert "Every row was tuned over one grid (lr 1e-6, 2e-6, 5e-6, 1e-5; 2 epochs and 2,000" in told["caption"]
    assert "The best lr of F3 is the highest of its grid (1e-5): a higher one may be better." in told["caption"]
    for form in ("markdown", "latex"):
        text = render(table, form)
        assert ("Tuned" in text, "lr 1e-5 of 4" in text, "the test split was not scored" in text) == (True,) * 3


def test_a_table_without_tuning_has_no_column_of_it(tmp_path: Path) -> None:
    finish_run(queue_experiment(tmp_path, "F1", seed=1), 0.93, 0.94)
    text = render(build_table(tmp_path), "markdown")
    assert ("Tuned" in text, "tuned" in text) == (False, False)


def test_a_difference_of_a_tuned_and_an_untuned_row_says_so(tmp_path: Path) -> None:
    tuned_table(tmp_path, experiments=("F1", "F3"))
    finish_run(queue_experiment(tmp_path, "F2", seed=1), 0.93, 0.94)
    table = build_table(tmp_path)
    assert (
        row_of(table, "F2").delta_note == "difference of a row that was tuned and one that was not (F1 was, F2 was not)"
    )
    assert row_of(table, "F3").delta_note == ""
    assert "F1 and F3 were tuned over one grid" in table_sentences(table.rows)[0]
    assert table_sentences(table.rows)[1].startswith("F2 was not tuned: ")
    assert "†" in render(table, "markdown")


def test_rows_of_different_grids_say_so(tmp_path: Path) -> None:
    tuned_table(tmp_path, experiments=("F1",))
    other = FakeTuning(tmp_path, "F2", GRID[:3]).try_all(SCORES["F2"][:3])
    other.finish(other.queue(), SCORES["F2"][:3], 0.93)
    table = build_table(tmp_path)
    assert row_of(table, "F2").delta_note == "difference of rows that were tuned over different grids (F2, F1)"
    assert table_sentences(table.rows)[2].startswith("F2 was tuned over lr 1e-6, 2e-6, 5e-6; 2 epochs")


def test_seeds_that_were_tuned_unlike_each_other_are_counted(tmp_path: Path) -> None:
    tuned_table(tmp_path, experiments=("F1",))
    finish_run(queue_experiment(tmp_path, "F1", seed=2), 0.93, 0.94)
    row = row_of(build_table(tmp_path), "F1")
    assert tuning_words(row) == "lr 5e-6 of 4 (1 of 2 runs), not tuned (1 of 2 runs)"
    assert "Only some runs of F1 were tuned." in table_sentences([row])


@pytest.mark.parametrize("nonsense", [{"choice": 3}, {"choice": {"lr": 1}, "grid": 5, "scores": [1, {"runs": 2}]}])
def test_what_no_supervisor_wrote_is_no_reason_to_fail(tmp_path: Path, nonsense: dict[str, object]) -> None:
    finish_run(queue_experiment(tmp_path, "F1", seed=1), 0.93, 0.94, tuned=nonsense)
    for form in ("csv", "json", "markdown", "latex"):
        assert render(build_table(tmp_path), form)
