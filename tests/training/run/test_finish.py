"""What a finished run leaves."""

from __future__ import annotations

import csv
import json
import shlex

import numpy as np
import pytest
import torch
from safetensors import safe_open

from training.flags import parse
from training.runfolder.events import read_events
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import Result
from training.runfolder.source import trainer_digest


def attention_of(run: RunFolder) -> list[list[float]]:
    """Image by image, as a user who plots it would read it."""
    with (run.scores / "csv_test_attention.csv").open() as file:
        return [[float(row[f"scale_{number}"]) for number in range(1, 5)] for row in csv.DictReader(file)]


def test_the_result_says_what_was_measured_and_how(finished):
    run, printed = finished
    result = read_record(run.result, Result)
    assert set(result.metrics) == {"test", "val", "test_oracle"}
    assert set(result.metrics["test"]) == {"srcc", "plcc", "krcc", "rmse", "plcc_fitted", "rmse_fitted"}
    evaluated = [event.fields for event in read_events(run) if event.kind == "evaluated"]
    test_scores = {fields["epoch"]: fields["metrics"] for fields in evaluated if fields["split"] == "test"}
    assert result.metrics["test"] == test_scores[result.best_epoch]
    assert result.metrics["test_oracle"]["srcc"] == max(metrics["srcc"] for metrics in test_scores.values())
    assert result.images == {"train": 10, "val": 4, "test": 4}
    assert (result.epochs, result.protocol, result.seed, result.limited, result.demo) == (2, "clean", 42, False, False)
    assert result.config["loss_type"] == "l1"
    assert result.versions["torch"] == torch.__version__
    assert result.source_digest == trainer_digest()
    assert result.attention == pytest.approx(np.mean(attention_of(run), axis=0), abs=1e-5)
    assert f"{result.metrics['test']['srcc']:.4f}" in printed.splitlines()[-1]
    assert str(run.path) in printed.splitlines()[-1]


def test_both_checkpoints_are_there_and_hold_nothing_but_data(finished):
    run, _ = finished
    last = torch.load(run.last_checkpoint, weights_only=True)
    best = torch.load(run.best_checkpoint, weights_only=True)
    assert last["progress"]["step"] == 8
    assert best["epoch"] == read_record(run.result, Result).best_epoch
    assert list(last["network"]) == list(best["network"])


def test_the_best_weights_are_there_for_others_and_say_what_they_are(finished):
    run, _ = finished
    with safe_open(run.best_weights, "pt") as opened:
        facts = {name: json.loads(fact) for name, fact in opened.metadata().items()}
        weights = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - no dictionary
    best = torch.load(run.best_checkpoint, weights_only=True)
    assert set(weights) == set(best["network"])
    assert all(torch.equal(tensor, best["network"][name]) for name, tensor in weights.items())
    assert facts["config"] == best["config"]
    assert facts["reading"] == best["reading"]
    assert facts["epoch"] == read_record(run.result, Result).best_epoch


def test_the_model_card_says_what_was_trained_and_how_it_scored(finished):
    run, _ = finished
    result, card = read_record(run.result, Result), finished[0].model_card.read_text()
    assert card.startswith("---\nlibrary_name: pytorch\n")
    assert "| Backbone (timm) | test_efficientnet |" in card
    assert "| Began with | none |" in card
    assert "| Protocol | clean |" in card
    assert "csv: 10 train, 4 val, 4 test images" in card
    test = result.metrics["test"]
    assert f"| test, at the chosen epoch | {test['srcc']:.4f} | {test['plcc']:.4f} |" in card
    assert all(f"- {note}" in card for note in result.notes)
    (line,) = [line for line in card.splitlines() if line.startswith("python -m training --")]
    assert parse(shlex.split(line)[3:]).what_differs(result.config) == []
