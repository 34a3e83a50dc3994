"""From run folders to the scores of a table's rows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iqa_tui.results.intervals import score_files
from iqa_tui.results.intervals.resampling import Resampling
from iqa_tui.results.intervals.score_files import BadScores, read_score_file, table_scores
from iqa_tui.results.intervals.scores import RowScores
from iqa_tui.results.intervals.table import measure_rows
from iqa_tui.results.table import build_table, read_entries
from tests.fakes.runs import finish_run, queue_experiment
from tests.fakes.scored import Scored
from training import calibration, metrics
from training.runfolder.layout import RunFolder


def scores_in(runs_dir: Path) -> dict[str, RowScores]:
    table = build_table(runs_dir)
    return {row.id: row for row in table_scores(table.rows, read_entries(runs_dir, table.group))}


def finished(runs_dir: Path, identity: str, pred: np.ndarray, scored: Scored, **result: Any) -> RunFolder:
    """A run whose result and scores belong together."""
    run = queue_experiment(runs_dir, identity, **{"seed": 1, **result.pop("spec", {})})
    told, _ = metrics.all_metrics(pred, scored.opinions)
    finish_run(run, told["srcc"], told["plcc"], **{"metrics": {"test": told}, "images": {"train": 7058}, **result})
    path = run.score_file("koniq-10k", "test")
    path.parent.mkdir(exist_ok=True)
    lines = [
        f"{name},{mos!r},{score!r}"
        for name, mos, score in zip(scored.names, scored.opinions.tolist(), pred.tolist(), strict=True)
    ]
    path.write_text("\n".join(["image,mos,pred", *lines]) + "\n")
    return run


def test_the_values_are_those_of_the_results(tmp_path: Path) -> None:
    scored = Scored()
    pred = scored.predictions(0.9)
    map_of = calibration.calibrate(pred * 40, scored.opinions)
    assert map_of is not None
    error = metrics.rmse(map_of(pred * 40), scored.opinions)
    told, _ = metrics.all_metrics(pred * 40, scored.opinions)
    finished(tmp_path, "F2", pred, scored)
    finished(tmp_path, "F3", pred * 40, scored, calibration=map_of.as_dict(), metrics={"test": {**told, "rmse": error}})
    finished(tmp_path, "F4", pred * 40, scored, metrics={"test": {**told, "rmse": None}})
    rows = scores_in(tmp_path)
    table = measure_rows(list(rows.values()), ["srcc", "plcc", "plcc_fitted", "krcc", "rmse"], Resampling(100))
    plain, _ = metrics.all_metrics(pred, scored.opinions)
    for metric in ("srcc", "plcc", "plcc_fitted", "krcc", "rmse"):
        assert table.estimate("F2", metric).value == pytest.approx(plain[metric], abs=1e-9)
    assert table.estimate("F3", "rmse").value == pytest.approx(error)
    assert table.estimate("F4", "rmse").note == "its loss fixes no scale"
    assert table.estimate("F2", "hours").value is not None
    assert rows["F2"].runs[0].train_images == 7058
    assert (rows["F2"].dataset, rows["F2"].protocol) == ("koniq-10k", "clean")


def test_seeds_of_a_row_are_its_runs_and_recorded_rows_have_a_name_of_their_own(tmp_path: Path) -> None:
    scored = Scored()
    for seed in (1, 2):
        finished(tmp_path, "F2", scored.predictions(0.9), scored, spec={"seed": seed})
    queue_experiment(tmp_path, "F1")
    before = scores_in(tmp_path)
    assert list(before)[:3] == ["F1", "F1 (no result)", "F2"]
    assert before["F1"].recorded["srcc"] == 0.9354
    assert [run.seed for run in before["F2"].runs] == [1, 2]
    finished(tmp_path, "F1", scored.predictions(0.9), scored)
    assert list(scores_in(tmp_path))[:3] == ["F1 ◆", "F1", "F2"]


def by_hand(*flags: str) -> dict[str, Any]:
    return {"label": "l2", "plan": {}, "experiment": "", "argv": ["python", "-m", "training", *flags]}


def test_runs_of_one_seed_on_several_random_splits_are_runs_of_one_row(tmp_path: Path) -> None:
    scored = Scored()
    for number, flags in enumerate((["--seed", "1"], ["--split_seed", "3"], ["--split_seed=4"])):
        spec = {**by_hand(*flags), "day": number}
        finished(tmp_path, "F2", scored.predictions(0.9), scored, spec=spec)
    (row,) = scores_in(tmp_path).values()
    assert [(run.seed, run.split, run.train_images) for run in row.runs] == [
        (1, "", 7058),
        (1, "3", 7058),
        (1, "4", 7058),
    ]
    table = measure_rows([row], ["srcc"], Resampling(100))
    assert table.estimate(row.id, "srcc").note == "3 random splits"


def test_of_one_seed_and_split_the_newest_finished_run_counts(tmp_path: Path) -> None:
    scored = Scored()
    for day in (0, 1):
        finished(tmp_path, "F2", scored.predictions(0.9), scored, spec={**by_hand("--split_seed", "3"), "day": day})
    (row,) = scores_in(tmp_path).values()
    assert [run.split for run in row.runs] == ["3"]


def test_runs_that_were_started_by_hand_may_share_an_id(tmp_path: Path) -> None:
    scored = Scored()
    for label in ("one", "other"):
        finished(tmp_path, "F2", scored.predictions(0.9), scored, spec={"label": label, "plan": {}, "experiment": ""})
    assert list(scores_in(tmp_path)) == ["l2", "l2 (2)"]


def test_a_column_of_groups_is_read_wherever_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("image,mos,pred,more,group\na,1,2,x,photo\nb,2,3,y,photo\n")
    found = read_score_file(path)
    assert (found.images, found.groups) == (("a", "b"), ("photo", "photo"))
    assert (found.mos.tolist(), found.pred.tolist()) == ([1.0, 2.0], [2.0, 3.0])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: not “image,mos,pred”"),
        ("picture,score\n", "line 1: not “image,mos,pred”"),
        ("image,mos,pred\n", "0 images"),
        ("image,mos,pred\na,1,2\nb,2\n", "line 3"),
        ("image,mos,pred\na,1,x\n", "line 2: could not convert"),
        ("image,mos,pred\na,1,nan\n", "line 2: a number that is not finite"),
        ("image,mos,pred\na,1,2\na,1,2\n", "a stands there twice"),
        ("image,mos,pred,group\na,1,2\n", "line 2"),
        ('image,mos,pred\n"' + "x" * 200_000 + '",1,2\n', "field larger than field limit"),
    ],
)
def test_a_damaged_file_is_told_and_the_result_still_counts(tmp_path: Path, text: str, words: str) -> None:
    scored = Scored()
    path = finished(tmp_path, "F2", scored.predictions(0.9), scored).score_file("koniq-10k", "test")
    path.write_text(text)
    with pytest.raises(BadScores, match=words):
        read_score_file(path)
    row = scores_in(tmp_path)["F2"]
    found = measure_rows([row], ["srcc"], Resampling(10)).estimate("F2", "srcc")
    assert found.value is not None
    assert found.low is None
    assert words in found.note


def test_a_file_that_is_absent_too_large_or_no_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadScores, match=r"there is no scores\.csv"):
        read_score_file(tmp_path / "scores.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "real.csv").write_text("image,mos,pred\na,1,2\n")
    (tmp_path / "link.csv").symlink_to("real.csv")
    for name in ("pipe.csv", "link.csv"):
        with pytest.raises(BadScores, match=f"{name} cannot be read"):
            read_score_file(tmp_path / name)
    monkeypatch.setattr(score_files, "LARGEST_BYTES", 100)
    (tmp_path / "large.csv").write_text("image,mos,pred\n" + "a,1,2\n" * 10_000)
    with pytest.raises(BadScores, match="more than such a file can have"):
        read_score_file(tmp_path / "large.csv")


@pytest.mark.parametrize("map_of", [{"kind": "spline", "parameters": [1]}, {"kind": "linear", "parameters": [1]}, {}])
def test_a_calibration_that_is_not_known_gives_no_rmse(tmp_path: Path, map_of: dict[str, Any]) -> None:
    scored = Scored()
    finished(tmp_path, "F2", scored.predictions(0.9), scored, calibration=map_of)
    assert scores_in(tmp_path)["F2"].runs[0].calibrated is None


def test_a_linear_calibration_is_applied(tmp_path: Path) -> None:
    scored = Scored()
    pred = scored.predictions(0.9)
    finished(tmp_path, "F2", pred, scored, calibration={"kind": "linear", "parameters": [2.0, 1.0]})
    assert scores_in(tmp_path)["F2"].runs[0].calibrated == pytest.approx(2 * pred + 1)


def test_a_file_is_read_again_only_when_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("image,mos,pred\na,1,2\n")
    first = read_score_file(path)
    assert read_score_file(path) is first
    path.write_text("image,mos,pred\na,1,25\n")
    assert read_score_file(path).pred.tolist() == [25.0]
