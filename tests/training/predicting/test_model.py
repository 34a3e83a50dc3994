"""A trained network as an object of Python."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from training.errors import BadData
from training.predict import load
from training.predicting.images import Failure
from training.predicting.model import Model
from training.run import evaluate
from training.run.scorer import open_scorer


@pytest.fixture
def run(finished):
    return finished[0]


@pytest.fixture
def pictures(finished):
    return [finished[0].path.parents[1] / "data" / "pictures" / f"test{number}.jpg" for number in range(4)]


def test_three_lines_score_images_and_write_no_file(run, pictures):
    def state():
        return {path: path.stat().st_mtime_ns for path in run.path.rglob("*")}

    before = state()
    model = load(str(run.path))
    scores = model.score([str(picture) for picture in pictures])
    assert state() == before
    assert (model.dataset, model.scale) == ("csv", (1.0, 5.0))
    alone = open_scorer(run.path)
    assert scores == pytest.approx([alone.score(picture).score for picture in pictures], rel=1e-5)
    assert model.score(pictures[2]) == pytest.approx(scores[2:3], rel=1e-5)
    assert not torch.is_inference_mode_enabled()


def test_crops_of_several_images_share_a_batch(run, pictures, monkeypatch):
    sizes = []
    forward = evaluate.Forward.__call__

    def counted(self, crops):
        sizes.append(len(crops))
        return forward(self, crops)

    monkeypatch.setattr(evaluate.Forward, "__call__", counted)
    assert len(load(run.path, batch_size=6).score(pictures)) == 4
    assert sizes == [6, 2]  # two crops an image


def test_failures_stand_in_their_place_and_score_refuses_them(run, pictures):
    model = load(run.path)
    earlier = Failure("folder", "folder: is a folder without images")
    images = [pictures[0], earlier, "nowhere.jpg", pictures[1]]
    first, second, third, last = model.predictions(images)
    assert (second, third) == (earlier, Failure("nowhere.jpg", "nowhere.jpg: no such image"))
    assert (Path(first.image), Path(last.image)) == (pictures[0], pictures[1])
    with pytest.raises(BadData, match=r"nowhere.jpg: no such image"):
        model.score([pictures[0], "nowhere.jpg"])
    assert model.score([]) == []


def test_on_a_cpu_no_image_is_asked_for_before_the_earlier_ones_are_scored(run, pictures):
    asked = []

    def images():
        for picture in pictures:
            asked.append(picture)
            yield picture

    predictions = load(run.path, batch_size=2).predictions(images())
    assert Path(next(predictions).image) == pictures[0]
    assert asked == pictures[:1]


def test_a_score_that_is_no_number_is_a_failure(run, pictures):
    scorer = open_scorer(run.path)
    model = Model(replace(scorer, calibration=lambda pred: pred * float("nan")))
    (result,) = model.predictions(pictures[0])
    assert result == Failure(str(pictures[0]), f"{pictures[0]}: the network's score is nan, no finite number")


def test_smaller_batches_are_kept_once_a_gpu_had_no_room(run, pictures, monkeypatch):
    told = []

    def crowded(network, images, config, placement, observer, *, batch_size):
        told.append(batch_size)
        observer.on_smaller_batches(1)
        return scored(network, images, config, placement, batch_size=batch_size)

    scored = evaluate.score_crops
    monkeypatch.setattr("training.run.scorer.score_crops", crowded)
    load(run.path, batch_size=2).score(pictures[:2])
    assert told == [2, 1]
