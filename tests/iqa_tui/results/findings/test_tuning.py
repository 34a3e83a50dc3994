"""What findings say of a tuned table, in every form that they have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iqa_tui.results.findings.as_json import json_text
from iqa_tui.results.findings.as_text import markdown_text, plain_text
from iqa_tui.results.findings.build import findings_of
from iqa_tui.results.findings.for_screen import for_screen
from iqa_tui.results.findings.tuning import tuning_table
from iqa_tui.results.findings.values import Findings
from iqa_tui.results.intervals.resampling import Resampling
from iqa_tui.results.table import Table, build_table, read_entries, recorded_plan
from tests.fakes.runs import finish_run, queue_experiment
from tests.fakes.tuned import FakeTuning, tuned_table

HIGHEST = "The best lr of F3 is the highest of its grid (1e-5): a higher one may be better."


def read(runs_dir: Path) -> tuple[Table, Findings]:
    entries = read_entries(runs_dir)
    table = build_table(runs_dir)
    return table, findings_of(table, entries, recorded_plan(entries), Resampling(50))


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Table, Findings]:
    runs_dir = tmp_path_factory.mktemp("runs")
    tuned_table(runs_dir, seeds=(1, 2))
    return read(runs_dir)


def test_each_row_has_its_scores_its_choice_and_what_an_edge_means(tuned: tuple[Table, Findings]) -> None:
    _, findings = tuned
    text = plain_text(findings)
    (section,) = (part for part in text.split("\n\n") if part.startswith("TUNING"))
    lines = section.splitlines()
    assert lines[1] == "  F1  Chosen: lr 5e-6 of 4, validation SRCC 0.7301."
    assert " ".join(" ".join(lines[3:5]).split()) == f"F3 Chosen: lr 1e-5 of 4, validation SRCC 0.7502. {HIGHEST}"
    table = [line.split() for line in lines if line.startswith(("  lr", "           F1"))]
    assert table[0] == ["F1", "F2", "F3", "F4", "F5"]
    assert table[2] == ["lr", "2e-6", "0.7155", "0.7034", "0.7340", "–", "0.7188"]
    assert table[3][-3:] == ["0.7421", "0.7380*", "0.7269*"]


def test_the_other_forms_say_the_same(tuned: tuple[Table, Findings]) -> None:
    table, findings = tuned
    page = markdown_text(findings)
    assert "| lr 1e-5 | 0\\.7204 | 0\\.7101 | 0\\.7502\\* | 0\\.7290 | 0\\.7240 |" in page
    shown = for_screen(findings, table).paragraphs
    columns = [each.text.split() for each in shown if each.has_columns]
    assert [len(line) for line in columns] == [5, 7, 7, 7, 7]
    told = json.loads(json_text(findings))["tuning"]
    assert [(each["id"], each["choice"], each["edge"]) for each in told][1:3] == [
        ("F2", {"lr": 5e-06}, []), ("F3", {"lr": 1e-05}, ["lr"]),
    ]  # fmt: skip
    assert [each["srcc"] for each in told[3]["tried"]] == [0.718, None, 0.738, 0.729]
    assert (told[0]["epochs"], told[0]["images"], told[0]["measure"]) == (2, 2000, "val srcc")


def test_limits_say_how_values_were_chosen_instead_of_that_none_was(tuned: tuple[Table, Findings]) -> None:
    _, findings = tuned
    limits = " ".join(findings.limits)
    assert "Every row was tuned over one grid" in limits
    assert "the test split was not scored while tuning" in limits
    assert "same learning rate" not in limits
    assert HIGHEST in limits


def test_a_table_without_tuning_keeps_its_limit_and_has_no_section(tmp_path: Path) -> None:
    for row in ("F1", "F2"):
        finish_run(queue_experiment(tmp_path, row, seed=1), 0.93, 0.94)
    _, findings = read(tmp_path)
    assert "TUNING" not in plain_text(findings)
    assert any("same learning rate" in text for text in findings.limits)
    assert json.loads(json_text(findings))["tuning"] == []


def test_a_wide_table_goes_on_below(tuned: tuple[Table, Findings]) -> None:
    _, findings = tuned
    lines = plain_text(findings, 40).splitlines()
    assert sum(line.split()[:2] == ["lr", "1e-6"] for line in lines) == 2
    assert max(map(len, (line for line in lines if line.startswith("  lr")))) <= 40
    headings, rows = tuning_table(findings.tunings)
    assert (len(headings), {len(row) for row in rows}) == (6, {6})


def test_a_row_that_was_tuned_more_than_once_is_told_by_its_means(tmp_path: Path) -> None:
    grid = (1e-6, 5e-6)
    for seed, scores in ((1, (0.70, 0.80)), (2, (0.60, 0.90)), (3, (0.86, 0.82))):
        tuning = FakeTuning(tmp_path, "F1", grid).try_all(scores)
        tuning.finish(tuning.queue(seed), scores, 0.93)
    _, findings = read(tmp_path)
    (told,) = findings.tunings
    assert (told.ways, told.words) == (3, "lr 5e-6 of 2 (2 of 3 runs), lr 1e-6 of 2 (1 of 3 runs)")
    assert [each.srcc for each in told.tuning.tried] == pytest.approx([0.72, 0.84])
    assert dict(told.tuning.choice) == {"lr": 5e-6}
    assert "validation SRCC 0.8400 (mean of 3 tunings)" in " ".join(plain_text(findings).split())
