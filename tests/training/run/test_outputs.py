"""Runs whose network gives more than one number of an image: they learn, and all that reads a run reads them."""

import csv
import json

import numpy as np
import pytest
import torch

from tests.fakes.photographs import write_opinions
from tests.fakes.small_network import SMALL as NETWORK
from tests.fakes.trainer_processes import SMALL, train_here
from tests.fakes.trouble import at_call
from training.errors import BadData, NoWeights
from training.evaluate import main as evaluate
from training.flags import parse
from training.network.build import build_network
from training.network.quality import parameter_count
from training.predict import load
from training.run import story
from training.run.scorer import open_scorer
from training.runfolder.read import read_record
from training.runfolder.schema import Result

LEARNING = ["--batch_size", "8", "--epochs", "3", "--train_patch_num", "6", "--no_color_jitter", "--precision", "fp32"]


def trained(folder, *flags):
    labels = write_opinions(folder / "data", train=24, val=8, test=12)
    run = train_here(folder / "run", *SMALL, *LEARNING, "--data_path", labels, *flags)
    return run, read_record(run.result, Result), labels


def scores_of(run):
    with run.score_file("csv", "test").open() as file:
        return {row["image"]: (float(row["mos"]), float(row["pred"])) for row in csv.DictReader(file)}


@pytest.mark.parametrize("loss", ["emd", "thurstone", "emd+0.5*srcc", "l1+0.5*thurstone"])
def test_it_learns_and_its_scores_are_those_of_predict_and_evaluate(tmp_path, capsys, loss):
    run, result, labels = trained(tmp_path, "--loss_type", loss)
    test = result.metrics["test"]
    assert test["srcc"] > 0.7
    scores = scores_of(run)
    mos, pred = np.array(list(scores.values())).T
    if "emd" in loss or "l1" in loss:  # a score lies on the scale of opinions
        assert result.calibration is None
        assert test["rmse"] == pytest.approx(np.sqrt(np.mean((pred - mos) ** 2)))
    else:
        assert result.calibration is not None
    for weights in (run.path, run.best_weights):
        scorer = open_scorer(weights)
        expected = pred if scorer.calibration is None else scorer.calibration(pred)
        own = load(weights, precision="fp32").score(labels.parent / image for image in scores)
        assert own == pytest.approx(expected.tolist(), abs=1e-3)
    capsys.readouterr()
    assert evaluate([str(run.path), "--dataset", "csv", "--data_path", str(labels), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)["metrics"]
    assert {name: again[name] for name in ("srcc", "rmse")} == pytest.approx(
        {name: test[name] for name in ("srcc", "rmse")}, abs=1e-6
    )


def test_result_and_model_card_say_what_the_network_gives(tmp_path):
    run, result, _ = trained(tmp_path, "--loss_type", "emd", "--epochs", "1")
    plain = parameter_count(build_network(parse([*NETWORK, "--attention_fusion"])))
    assert result.parameters == plain + 4 * (14 + 1) * (112 + 1)
    note = next(note for note in result.notes if "shares of 5 answers" in note)
    places = [float(place) for place in note.rpartition(" at ")[2].split(", ")]
    assert places == pytest.approx([1, 2, 3, 4, 5], abs=0.01)
    assert note in run.model_card.read_text()
    assert result.config["answers"] == 5


def test_a_learnt_spread_is_named_and_the_ranking_term_is_not_added_unasked(tmp_path):
    _, result, _ = trained(tmp_path, "--loss_type", "thurstone", "--epochs", "1")
    assert any("gives a mean and a spread" in note for note in result.notes)
    assert result.config["ranking_loss_alpha"] == 0


@pytest.mark.parametrize("loss", ["emd", "thurstone"])
def test_a_run_that_ended_early_and_is_resumed_is_the_run_that_was_not(tmp_path, loss, monkeypatch):
    flags = ["--loss_type", loss, "--ema", "0.5", "--accumulate", "2", "--epochs", "2"]
    whole, _, labels = trained(tmp_path, *flags)
    again = [tmp_path / "part", *SMALL, *LEARNING, "--data_path", labels, *flags]

    def cut() -> None:
        raise BadData("the disk is gone")

    with monkeypatch.context() as patched:
        patched.setattr(story, "train_epoch", at_call(2, cut, story.train_epoch))
        with pytest.raises(BadData, match="the disk is gone"):
            train_here(*again)
    assert scores_of(train_here(*again, "--resume")) == scores_of(whole)


@pytest.mark.parametrize("loss", ["emd", "thurstone"])
def test_its_weights_begin_a_run_of_the_same_kind_and_no_other(tmp_path, loss):
    run, _, labels = trained(tmp_path, "--loss_type", loss, "--epochs", "1")
    own = ["--data_path", labels, "--weights", run.best_checkpoint, "--epochs", "0"]
    scored = train_here(tmp_path / "scored", *SMALL, *LEARNING, *own, "--loss_type", loss)
    assert scores_of(scored) == scores_of(run)
    with pytest.raises(
        NoWeights, match=rf"numbers of an image, as --loss_type {loss} needs, and this run needs .* one"
    ):
        build_network(parse([*NETWORK, "--attention_fusion", "--weights", str(run.best_weights)]))


def test_weights_with_one_output_do_not_begin_a_run_with_more(tmp_path):
    run, _, labels = trained(tmp_path, "--loss_type", "l1", "--epochs", "1")
    flags = [*SMALL, "--data_path", labels, "--loss_type", "emd", "--weights", run.best_weights]
    with pytest.raises(NoWeights, match=r"gives one number of an image, as --loss_type l1 needs, .* gives 5 numbers"):
        build_network(parse(list(map(str, flags))))


def test_a_network_with_one_output_is_made_and_read_as_it_always_was():
    network = build_network(parse(NETWORK)).eval()
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    outputs = network(images)
    assert outputs.shape == (2,)
    assert network.readout(outputs).score is outputs
    assert not any(name.startswith("readout") for name in network.state_dict())
