"""What `python -m training.evaluate --output FOLDER` leaves of a finished run."""

import hashlib
import json
from dataclasses import replace

import pytest

from training.evaluate import main
from training.flags import parse
from training.predicting.evaluation_folder import Told, write_evaluation
from training.predicting.whole_set import evaluate_on, open_for
from training.run.scorer import open_scorer
from training.runfolder.evaluation import EvaluationRecord, record_in, scores_in
from training.runfolder.read import read_record
from training.runfolder.schema import Result


@pytest.fixture
def run(finished):
    return finished[0]


def evaluate(run, folder, *flags):
    labels = run.path.parents[1] / "data" / "labels.csv"
    words = [run.path, "--dataset", "csv", "--data_path", labels, "--output", folder, "--device", "cpu", *flags]
    return main([*map(str, words)])


def test_the_record_says_which_network_was_tested_on_what_and_its_scores_are_those_of_the_run(run, tmp_path):
    folder = tmp_path / "its" / "evaluation"
    assert evaluate(run, folder) == 0
    record, result = read_record(record_in(folder), EvaluationRecord), read_record(run.result, Result)
    assert (record.run_id, record.network, record.trained_on) == (run.run_id, str(run.path), "csv")
    assert record.weights_sha256 == hashlib.sha256(run.best_checkpoint.read_bytes()).hexdigest()
    assert record.scores_sha256 == hashlib.sha256(scores_in(folder).read_bytes()).hexdigest()
    assert (record.dataset, record.split, record.images, record.limited) == ("csv", "test", 4, False)
    assert (record.protocol, record.seed, record.loss_type) == ("clean", result.seed, result.loss_type)
    assert (record.backbone, record.parameters) == (result.backbone, result.parameters)
    assert record.metrics["rmse"] == pytest.approx(result.metrics["test"]["rmse"], rel=1e-4)
    assert (record.source_digest, set(record.versions)) == (result.source_digest, set(result.versions))
    assert record.config["test_patch_num"] == result.config["test_patch_num"]
    assert sorted(path.name for path in folder.iterdir()) == ["evaluation.json", "scores.csv"]
    assert json.loads(record_in(folder).read_text())["format"] == 1


def test_a_quick_look_and_a_whole_set_are_named(run, tmp_path):
    assert evaluate(run, tmp_path / "few", "--split", "all", "--limit", "3") == 0
    record = read_record(record_in(tmp_path / "few"), EvaluationRecord)
    assert (record.split, record.images, record.limited) == ("all", 3, True)
    assert any("was trained on images of csv" in note for note in record.notes)


def test_a_folder_with_something_in_it_is_refused_and_an_empty_one_is_taken(run, tmp_path, capsys):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    assert evaluate(run, tmp_path / "full") == 2
    assert "the folder is not empty" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert evaluate(run, tmp_path / "empty", "--limit", "2") == 0


def test_weights_outside_a_run_name_none(run, tmp_path):
    lone = tmp_path / "best.safetensors"
    lone.write_bytes(run.best_weights.read_bytes())
    labels = run.path.parents[1] / "data" / "labels.csv"
    words = [lone, "--dataset", "csv", "--data_path", labels, "--output", tmp_path / "out", "--device", "cpu"]
    assert main([*map(str, words)]) == 0
    assert read_record(record_in(tmp_path / "out"), EvaluationRecord).run_id == ""


@pytest.mark.parametrize(("trained_on", "protocol"), [("csv", "published"), ("koniq-10k", "clean")])
def test_only_a_network_whose_epoch_was_chosen_on_this_set_is_of_the_published_protocol(
    run, tmp_path, trained_on, protocol
):
    data = replace(parse([]), dataset="csv", data_path=str(run.path.parents[1] / "data" / "labels.csv"))
    scorer = open_scorer(run.path)
    dataset = open_for(scorer, data, "test")
    evaluated = evaluate_on(scorer, dataset, lambda *_: None)
    foreign = replace(scorer, is_published=True, dataset=replace(scorer.dataset, name=trained_on))
    write_evaluation(tmp_path / "out", foreign, dataset, evaluated, Told("best_model.pkl", "test", data, 1.0))
    record = read_record(record_in(tmp_path / "out"), EvaluationRecord)
    assert (record.protocol, record.trained_on) == (protocol, trained_on)
    assert (record.seed, record.loss_type, record.calibration) == (0, "", None)
