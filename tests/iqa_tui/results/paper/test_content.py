from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.errors import PlanError
from tests.fakes.papers import made_content, read_content
from tests.fakes.runs import queue_experiment


def test_rows_are_those_with_a_number_and_the_others_are_named(tmp_path: Path) -> None:
    content = made_content(tmp_path, srccs={"F1": (0.9, 0.91), "F3": (0.9, 0.91)}, seeds=(1, 2))
    assert [row.id for row in content.rows] == ["F1 ◆", "F1", "F3"]
    assert [run.name for run in content.runs] == ["F1 seed 1", "F1 seed 2", "F3 seed 1", "F3 seed 2"]
    assert content.missing == ("F2", "F4", "F5")
    assert content.is_preset


def test_a_run_has_its_validation_scores_by_epoch(tmp_path: Path) -> None:
    content = made_content(tmp_path, srccs={"F1": [0.9]}, seeds=(1,))
    assert [epoch for epoch, _ in content.runs[0].validation] == [1, 2, 3, 4, 5]
    assert content.runs[0].validation[0][1] == pytest.approx(0.8)


def test_the_sd_is_that_of_the_table(tmp_path: Path) -> None:
    content = made_content(tmp_path)
    for row in content.rows:
        assert content.estimate(row, "srcc").sd == (
            None if row.row.srcc_sd is None else pytest.approx(row.row.srcc_sd, abs=1e-9)
        )


def test_runs_without_a_result_are_nothing_to_write_about(tmp_path: Path) -> None:
    queue_experiment(tmp_path, "F3")
    with pytest.raises(PlanError, match="No run of 'koniq-losses' has a result yet"):
        read_content(tmp_path)
