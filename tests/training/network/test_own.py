"""A run's own weights, with which another run begins."""

import csv
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import save_file

from tests.fakes.photographs import write_csv_dataset
from tests.fakes.trainer_processes import SMALL, train_here
from training.errors import NoWeights
from training.flags import parse
from training.network.build import build_network
from training.run.scorer import open_scorer
from training.run.setup import notes_of_setup
from training.runfolder.read import read_record
from training.runfolder.schema import Result


@pytest.fixture
def run(finished):
    return finished[0]


@pytest.mark.parametrize("name", ["best.pt", "best.safetensors"])
def test_a_runs_best_weights_are_scored_on_another_data_set(run, tmp_path, name):
    labels = write_csv_dataset(tmp_path / "other", train=1, val=1, test=3, side=80)
    flags = [*SMALL, "--data_path", labels, "--weights", run.checkpoints / name, "--epochs", "0"]
    other = train_here(tmp_path / "run", *flags)
    result = read_record(other.result, Result)
    assert not any("RMSE says nothing" in note for note in result.notes)
    scorer = open_scorer(run.path)
    with other.score_file("csv", "test").open() as file:
        for row in csv.DictReader(file):
            expected = scorer.score(labels.parent / row["image"]).score
            assert float(row["pred"]) == pytest.approx(expected, abs=0.02)


def test_a_runs_weights_bring_their_normalisation_and_are_warned_of_under_another_protocol(run, tmp_path):
    content = torch.load(run.best_checkpoint, weights_only=True)
    content["reading"] |= {"mean": [0.1, 0.2, 0.3], "std": [0.4, 0.5, 0.6]}
    torch.save(content, tmp_path / "best.pt")
    config = parse([*SMALL, "--data_path", "x", "--weights", str(tmp_path / "best.pt"), "--protocol", "published"])
    network = build_network(config)
    assert network.normalisation.mean == (0.1, 0.2, 0.3)
    assert network.normalisation.std == (0.4, 0.5, 0.6)
    notes = notes_of_setup(SimpleNamespace(config=config, dataset=SimpleNamespace(notes=()), network=network))
    assert any("scores from 0 to 1, but protocol published trains from 0 to 100" in note for note in notes)
    assert any("use --protocol clean" in note for note in notes)


def test_a_runs_weights_for_another_network_are_refused_with_the_flags_and_keys_they_need(run, tmp_path):
    other = ["--dataset", "demo", "--backbone", "test_resnet", "--weights", str(run.best_weights)]
    with pytest.raises(
        NoWeights, match=r"needs --backbone test_efficientnet --attention_fusion --patch_size 64: .*missing"
    ):
        build_network(parse(other))
    last = ["--dataset", "demo", "--weights", str(run.last_checkpoint)]
    with pytest.raises(NoWeights, match="for a resume; take best"):
        build_network(parse(last))
    save_file(torch.load(run.best_checkpoint, weights_only=True)["network"], tmp_path / "bare.safetensors")
    with pytest.raises(NoWeights, match="not how it reads images"):
        build_network(parse([*last[:-1], str(tmp_path / "bare.safetensors")]))
