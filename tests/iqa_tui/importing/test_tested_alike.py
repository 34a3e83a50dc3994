"""Which evaluations are refused, and what is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.importing.evaluation import Joining, read_evaluation
from iqa_tui.importing.pieces import BadLog
from iqa_tui.importing.tested_alike import refuse_other
from iqa_tui.monitor.listing import read_runs
from tests.fakes.ablation import make_ablation
from tests.fakes.evaluations import Change, as_it_is, write_evaluation
from training.runfolder.layout import RunFolder

GROUP = "koniq-losses"


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return make_ablation(tmp_path / "runs", {"F1": (0.93,)}, images=60)["F1", 1]


def refusal(run: RunFolder, change: Change = as_it_is, runs_dir: Path | None = None, **record: object) -> str:
    """What is said; empty if it is taken."""
    folder = write_evaluation(run.path.parents[1] / "evaluation", run, change, **record)
    joining = Joining(run.runs_dir, GROUP, "koniq-10k", {})
    try:
        refuse_other(read_evaluation(folder), joining, read_runs(runs_dir or run.runs_dir, GROUP))
    except BadLog as error:
        return str(error)
    return ""


def test_the_same_images_are_taken_whatever_their_split_is_called(run: RunFolder) -> None:
    assert refusal(run, split="all") == ""


@pytest.mark.parametrize("split", ["train", "val"])
def test_a_split_that_is_no_test_split_is_refused(run: RunFolder, split: str) -> None:
    assert f"holds scores of the split {split}, and a table has those of the test split" in refusal(run, split=split)


def test_fewer_or_more_images_are_refused_with_an_example(run: RunFolder) -> None:
    told = refusal(run, lambda image, mos, pred: None if image == "img_0007.jpg" else (image, mos, pred))
    assert "59 images of the split test, theirs are 60; img_0007.jpg is not in it" in told


def test_other_images_are_refused_with_an_example(run: RunFolder) -> None:
    told = refusal(run, lambda image, mos, pred: (image.replace("img_0007", "other"), mos, pred))
    assert "img_0007.jpg is not in it" in told


def test_other_opinions_are_refused(run: RunFolder) -> None:
    told = refusal(run, lambda image, mos, pred: (image, mos + (image == "img_0003.jpg"), pred))
    assert "1 image has another opinion than in the runs of koniq-losses, for example img_0003.jpg" in told


def test_another_random_split_is_refused(run: RunFolder) -> None:
    told = refusal(run, split_seed=3)
    assert "is of the random split 3, and the runs of koniq-losses of 0" in told


def test_all_images_are_refused_while_no_run_shows_which_are_tested(run: RunFolder, tmp_path: Path) -> None:
    assert "no run of koniq-losses has scores yet" in refusal(run, runs_dir=tmp_path / "none", split="all")


def test_the_test_split_is_taken_before_a_run_has_ended(run: RunFolder, tmp_path: Path) -> None:
    assert refusal(run, runs_dir=tmp_path / "none") == ""
