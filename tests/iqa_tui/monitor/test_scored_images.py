"""Which images a run is most wrong about."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.scored_images import ScoredImages, read_scored_images
from tests.fakes.run_folders import FakeRun
from training.calibration import from_dict
from training.runfolder.read import read_record
from training.runfolder.schema import Result
from training.runfolder.write import write_record


def scored(tmp_path: Path, split: str, text: str) -> ScoredImages:
    fake = FakeRun.queue(tmp_path, "F2").start()
    path = fake.run.score_file(fake.spec.dataset, split)
    path.parent.mkdir()
    path.write_text(text)
    (state,) = Catalog(tmp_path).refresh()
    return read_scored_images(state)


def test_errors_are_places_so_that_a_loss_without_a_scale_is_judged_like_any_other(tmp_path: Path) -> None:
    text = "image,mos,pred\na.jpg,90,-400\nb.jpg,50,10\nc.jpg,40,5\nd.jpg,10,20\n"
    images = scored(tmp_path, "test", text)
    assert images.split == "test"
    assert [(i.name, i.mos_place, i.pred_place, i.error) for i in images.worst(2)] == [
        ("a.jpg", 1, 4, -3),
        ("d.jpg", 4, 1, 3),
    ]


def test_equal_scores_share_a_place(tmp_path: Path) -> None:
    images = scored(tmp_path, "val", "image,mos,pred\na,5,1\nb,5,2\nc,5,3\nd,1,0\n")
    assert images.split == "val"
    assert [image.mos_place for image in images.images] == [2, 2, 2, 4]


def test_the_test_split_comes_first_and_none_is_no_problem(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path / "empty", "F2")
    (state,) = Catalog(tmp_path / "empty").refresh()
    assert read_scored_images(state) == ScoredImages()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("picture,score\na,1\n", "line 1: not “image,mos,pred”"),
        ("image,mos,pred\na,1,2\nb,x,3\n", "line 3: could not convert"),
    ],
)
def test_a_damaged_file_says_where(tmp_path: Path, text: str, words: str) -> None:
    images = scored(tmp_path, "test", text)
    assert images.images == ()
    assert words in images.problem


def test_what_cannot_be_drawn_is_left_out(tmp_path: Path) -> None:
    images = scored(tmp_path, "test", "image,mos,pred\na,1,nan\nb,inf,1\ntorn\nc\x1b[1m,1,2\n")
    assert [image.name for image in images.images] == ["c\\x1b[1m"]


def test_images_of_several_data_sets_are_placed_within_their_own(tmp_path: Path) -> None:
    fake = FakeRun.queue(tmp_path, "F2", dataset="koniq-10k+kadid-10k").start()
    fake.run.scores.mkdir()
    fake.run.score_file("koniq-10k", "test").write_text("image,mos,pred\na.jpg,90,10\nb.jpg,50,20\nc.jpg,40,5\n")
    fake.run.score_file("kadid-10k", "test").write_text("image,mos,pred\na.png,5,4\nb.png,1,2\n")
    (state,) = Catalog(tmp_path).refresh()
    found = read_scored_images(state)
    assert found.split == "test"
    assert [(image.name, image.mos_place, image.pred_place) for image in found.images] == [
        ("koniq-10k/a.jpg", 1, 2),
        ("koniq-10k/b.jpg", 2, 1),
        ("koniq-10k/c.jpg", 3, 3),
        ("kadid-10k/a.png", 1, 1),
        ("kadid-10k/b.png", 2, 2),
    ]


def predictions(tmp_path: Path, *, rmse: float | None, calibration: dict[str, object] | None) -> ScoredImages:
    fake = FakeRun.queue(tmp_path, "F3").start().finish(0.93)
    result = read_record(fake.run.result, Result)
    assert result is not None
    metrics = {**result.metrics, "test": {**result.metrics["test"], "rmse": rmse}}
    write_record(fake.run.result, replace(result, metrics=metrics, calibration=calibration))
    path = fake.run.score_file(result.dataset, "test")
    path.parent.mkdir(exist_ok=True)
    path.write_text("image,mos,pred\na.jpg,90,-400\nb.jpg,50,-460\n")
    (state,) = Catalog(tmp_path).refresh()
    return read_scored_images(state)


def test_predictions_are_shown_calibrated_if_the_result_has_a_calibration(tmp_path: Path) -> None:
    linear = {"kind": "linear", "parameters": [0.5, 290]}
    found = predictions(tmp_path / "linear", rmse=2.0, calibration=linear)
    assert [image.pred for image in found.images] == [90, 60]
    assert (found.scale.words, found.scale.has_numbers) == ("calibrated", True)
    logistic = {"kind": "logistic", "parameters": [100, 0, -430, 30]}
    found = predictions(tmp_path / "logistic", rmse=2.0, calibration=logistic)
    map_of = from_dict(logistic)
    assert map_of is not None
    assert [image.pred for image in found.images] == pytest.approx(map_of(np.array([-400.0, -460.0])).tolist())


def test_predictions_of_a_loss_without_scale_and_without_calibration_have_none(tmp_path: Path) -> None:
    found = predictions(tmp_path / "free", rmse=None, calibration=None)
    assert (found.scale.words, found.scale.has_numbers) == ("no scale", False)
    unknown = predictions(tmp_path / "later", rmse=2.0, calibration={"kind": "spline", "parameters": [1]})
    assert not unknown.scale.has_numbers
    assert predictions(tmp_path / "fixed", rmse=2.0, calibration=None).scale.words == ""


def test_before_there_is_a_result_predictions_are_as_the_network_gives_them(tmp_path: Path) -> None:
    assert scored(tmp_path, "val", "image,mos,pred\na,5,1\n").scale.words == "as given"


def test_images_of_several_data_sets_are_placed_and_compared_within_their_own(tmp_path: Path) -> None:
    """Two places of four are worse than two of forty."""
    fake = FakeRun.queue(tmp_path, "F2", dataset="csv+biq2021").start()
    few = "".join(
        f"{name}.jpg,{mos},{pred}\n" for name, mos, pred in zip("abcd", (4, 3, 2, 1), (2, 3, 4, 1), strict=True)
    )
    many = [(40 - place, 40 - place) for place in range(40)]
    many[5], many[8] = (many[5][0], many[8][1]), (many[8][0], many[5][1])
    path = fake.run.score_file("csv", "test")
    path.parent.mkdir()
    path.write_text(f"image,mos,pred\n{few}")
    rows = "".join(f"{number}.jpg,{mos},{pred}\n" for number, (mos, pred) in enumerate(many))
    fake.run.score_file("biq2021", "test").write_text(f"image,mos,pred\n{rows}")
    (state,) = Catalog(tmp_path).refresh()
    found = read_scored_images(state)
    assert found.ends == ()
    told = {"csv": {"mos_range": [1, 4]}, "biq2021": {"mos_range": [0, 40]}}
    result = Result("r", {}, "clean", "csv+biq2021", "l2", 1, "n", 0.0, 1.0, sets=told)
    ended = read_scored_images(replace(state, result=result))
    assert (ended.ends[0], ended.ends[4], len(ended.ends)) == ((1.0, 4.0), (0.0, 40.0), 44)
    strange = replace(result, sets={"csv": {"mos_range": [4]}, "biq2021": {"mos_range": [3, 3]}})
    assert read_scored_images(replace(state, result=strange)).ends == ()
    assert [(image.name, image.error, image.count) for image in found.worst(4)] == [
        ("csv/a.jpg", -2, 4),
        ("csv/c.jpg", 2, 4),
        ("biq2021/5.jpg", -3, 40),
        ("biq2021/8.jpg", 3, 40),
    ]
