"""A trained network on a whole data set: the numbers of its run on the run's own, and honest ones elsewhere."""

from dataclasses import replace

import numpy as np
import pytest

from tests.fakes.photographs import write_csv_dataset
from training.calibration import Calibration
from training.datasets.koniq10k import PUBLISHED_SIZING
from training.flags import parse
from training.predicting.whole_set import evaluate_on, open_for
from training.run.scorer import open_scorer
from training.runfolder.read import read_record
from training.runfolder.schema import Result


def ignore(_unit, _done, _total):
    pass


@pytest.fixture
def run(finished):
    return finished[0]


@pytest.fixture
def scorer(run):
    return open_scorer(run.path)


def data_of(path, **flags):
    return replace(parse([]), dataset="csv", data_path=str(path), **flags)


def own_data(run):
    return data_of(run.path.parents[1] / "data" / "labels.csv")


def test_the_runs_own_test_split_gives_the_metrics_of_its_result(run, scorer):
    told = []
    dataset = open_for(scorer, own_data(run), "test")
    found = evaluate_on(scorer, dataset, lambda unit, done, total: told.append((unit, done, total)))
    assert found.evaluation.metrics == pytest.approx(read_record(run.result, Result).metrics["test"], rel=1e-4)
    assert ("crops scored", 8, 8) in told
    low, high = found.intervals["rmse"]
    assert low <= found.evaluation.metrics["rmse"] <= high


def test_training_images_are_named_if_they_are_among_those_tested(run, scorer):
    everything = open_for(scorer, own_data(run), "all")
    assert len(everything.split("test")) == 18
    assert any("the network was trained on images of csv" in note for note in everything.notes)
    assert not open_for(scorer, own_data(run), "val").notes
    assert len(open_for(scorer, replace(own_data(run), limit_test_images=3), "all").items) == 3


def test_the_published_network_sees_every_data_set_in_its_own_size(run, scorer):
    published = replace(scorer, dataset=replace(scorer.dataset, name="koniq-10k", sizing=PUBLISHED_SIZING))
    assert open_for(published, own_data(run), "test").sizing == PUBLISHED_SIZING
    assert open_for(scorer, own_data(run), "test").sizing == scorer.dataset.sizing


def test_a_calibration_gives_an_rmse_on_its_own_data_set_alone(run, scorer, tmp_path):
    halved = replace(scorer, calibration=Calibration("linear", (0.5, 1.0)))
    own = evaluate_on(halved, open_for(halved, own_data(run), "test"), ignore).evaluation
    expected = np.sqrt(np.mean((0.5 * own.pred + 1.0 - own.mos) ** 2))
    assert own.metrics["rmse"] == pytest.approx(expected)
    other = data_of(write_csv_dataset(tmp_path / "other"), scale="0,10")
    found = evaluate_on(halved, open_for(halved, other, "test"), ignore)
    assert (found.evaluation.metrics["rmse"], found.intervals["rmse"]) == (None, None)
    assert "no RMSE: the calibration of the network holds for csv alone" in found.evaluation.notes


def test_a_loss_without_a_scale_has_no_rmse_and_one_with_a_scale_is_brought_to_another(run, scorer, tmp_path):
    ordering = replace(scorer, has_scale=False, note="its scores have no scale")
    found = evaluate_on(ordering, open_for(ordering, own_data(run), "test"), ignore).evaluation
    assert found.metrics["rmse"] is None
    assert found.metrics["srcc"] is not None
    assert "no RMSE: its scores have no scale" in found.notes
    other = data_of(write_csv_dataset(tmp_path / "other"), scale="0,10")
    brought = evaluate_on(scorer, open_for(scorer, other, "test"), ignore).evaluation
    assert brought.metrics["rmse"] is not None
    words = "brought linearly from the scale of csv to that of csv (1 to 5 and 0 to 10)"
    assert any(words in note for note in brought.notes)
