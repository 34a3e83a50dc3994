from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from scipy import stats

from iqa_tui.results.paper.scores_csv import scores_csv
from tests.fakes.papers import made_content, read_content


def test_every_run_s_srcc_can_be_computed_again(tmp_path: Path) -> None:
    content = made_content(tmp_path)
    head, *lines = list(csv.reader(io.StringIO(scores_csv(content))))
    assert head == ["image", "mos", *(f"F{row} seed {seed}" for row in range(1, 6) for seed in (1, 2, 3))]
    mos = [float(line[1]) for line in lines]
    for place, run in enumerate(content.runs, start=2):
        again = stats.spearmanr([float(line[place]) for line in lines], mos).statistic
        assert again == pytest.approx(run.result.metrics["test"]["srcc"], abs=1e-12)


def test_an_image_that_one_run_lacks_has_an_empty_cell_and_a_formula_is_disarmed(tmp_path: Path) -> None:
    content = made_content(tmp_path, srccs={"F1": [0.9], "F2": [0.9]}, seeds=(1,))
    path = content.runs[1].run_id
    scores = tmp_path / path / "scores" / "koniq-10k_test.csv"
    first, second, *others = scores.read_text().splitlines()
    scores.write_text("\n".join([first, "=SUM(A1)" + second[second.index(",") :], *others]) + "\n")
    lines = list(csv.reader(io.StringIO(scores_csv(read_content(tmp_path)))))
    by_name = {line[0]: line[2:] for line in lines}
    assert by_name["img_0000.jpg"][1] == ""
    assert by_name["'=SUM(A1)"][0] == ""
    assert float(by_name["'=SUM(A1)"][1])
