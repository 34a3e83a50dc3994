"""Folders of evaluations that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.importing.evaluation import read_evaluation
from iqa_tui.importing.pieces import BadLog
from tests.fakes.ablation import make_ablation
from tests.fakes.evaluations import write_evaluation
from training.runfolder.evaluation import record_in, scores_in


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    run = make_ablation(tmp_path / "runs", {"F1": (0.93,)}, images=20)["F1", 1]
    return write_evaluation(tmp_path / "evaluation", run)


def test_a_whole_folder_is_read(folder: Path) -> None:
    found = read_evaluation(folder)
    assert (found.record.network, found.scores) == ("musiq.pkl", scores_in(folder).read_bytes())


def test_a_folder_without_its_files_says_what_makes_one(folder: Path) -> None:
    scores_in(folder).unlink()
    with pytest.raises(BadLog, match=r"there is no scores\.csv\. `python -m training\.evaluate"):
        read_evaluation(folder)


def test_scores_that_were_changed_are_refused(folder: Path) -> None:
    scores_in(folder).write_text("image,mos,pred\n")
    with pytest.raises(BadLog, match="was changed since it was written"):
        read_evaluation(folder)


@pytest.mark.parametrize("content", ["{", "[]", '{"network": 3}', '{"format": 99}'])
def test_a_damaged_record_is_named(folder: Path, content: str) -> None:
    record_in(folder).write_text(content)
    with pytest.raises(BadLog, match=r"cannot be read: .*evaluation\.json"):
        read_evaluation(folder)
