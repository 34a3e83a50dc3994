"""A trained network scores image files on the scale of opinions, if there is one."""

import csv
import json

import numpy as np
import pytest

from tests.fakes.photographs import write_csv_dataset
from tests.fakes.trainer_processes import SMALL, train_here
from training.calibration import from_dict
from training.errors import NoDevice
from training.evaluate import main as evaluate
from training.flags import parse
from training.predict import main
from training.run.scorer import Wish, open_scorer
from training.runfolder.events import read_events
from training.runfolder.read import read_record
from training.runfolder.schema import Result


def trained(tmp_path, *flags):
    labels = write_csv_dataset(tmp_path / "data")
    run = train_here(tmp_path / "run", *SMALL, "--data_path", labels, *flags)
    return run, read_record(run.result, Result), tmp_path / "data" / "pictures" / "test1.jpg"


def scores_of(run):
    with run.score_file("csv", "test").open() as file:
        rows = list(csv.DictReader(file))
    return rows, *(np.array([float(row[name]) for row in rows]) for name in ("mos", "pred"))


@pytest.mark.parametrize(("loss", "seed"), [("srcc", 42), ("pairwise", 5), ("plcc+0.3*monotonicity", 42)])
def test_a_loss_without_a_scale_is_calibrated_on_validation(tmp_path, loss, seed):
    run, result, picture = trained(tmp_path, "--loss_type", loss, "--seed", seed)
    calibration = from_dict(result.calibration)
    assert calibration is not None
    rows, mos, pred = scores_of(run)
    assert result.metrics["test"]["rmse"] == pytest.approx(np.sqrt(np.mean((calibration(pred) - mos) ** 2)))
    assert any(f"--loss_type {loss} leaves the scale of predictions free: for RMSE a" in note for note in result.notes)
    own = next(number for number, row in enumerate(rows) if row["image"].endswith("test1.jpg"))
    scorer = open_scorer(run.path)
    prediction = scorer.score(picture)
    assert prediction.score == pytest.approx(float(calibration(pred[own : own + 1])[0]), rel=1e-4)
    assert "fitted on the validation split" in scorer.note
    assert open_scorer(run.best_weights).calibration == calibration


@pytest.mark.parametrize("loss", ["l2", "0.5*srcc+smooth_l1"])
def test_a_loss_with_a_scale_needs_no_calibration(tmp_path, loss):
    run, result, _ = trained(tmp_path, "--loss_type", loss, "--epochs", 1)
    assert result.calibration is None
    _, mos, pred = scores_of(run)
    assert result.metrics["test"]["rmse"] == pytest.approx(np.sqrt(np.mean((pred - mos) ** 2)))
    assert open_scorer(run.path).has_scale


def test_the_published_protocol_has_no_validation_and_so_no_scale_for_such_a_loss(tmp_path, capsys):
    run, result, picture = trained(tmp_path, "--loss_type", "srcc", "--protocol", "published", "--epochs", 1)
    assert result.metrics["test"]["rmse"] is None
    assert result.metrics["test"]["srcc"] is not None
    assert any("without a validation split there is no calibration and no RMSE" in note for note in result.notes)
    assert main([str(run.path), str(picture)]) == 0
    table = capsys.readouterr().out
    assert "its scores have no scale" in table
    assert "image (higher is better)" in table
    assert main([str(run.path), str(picture), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["scale"], told["calibration"]) == (None, None)
    card = run.model_card.read_text()
    assert [line.split("|")[-2].strip() for line in card.splitlines() if line.startswith("| test, at")] == ["–"]
    assert "there is no calibration and no RMSE" in card
    evaluated = [event.fields["metrics"] for event in read_events(run) if event.kind == "evaluated"]
    assert evaluated
    assert {metrics["rmse"] for metrics in evaluated} == {None}
    labels = str(tmp_path / "data" / "labels.csv")
    assert evaluate([str(run.path), "--dataset", "csv", "--data_path", labels, "--device", "cpu"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines if line.startswith("RMSE  ")] == [["RMSE", "none"]]
    assert any("no RMSE: a network of --loss_type srcc orders images" in line for line in lines)


def test_such_weights_scored_without_training_are_calibrated_too(tmp_path):
    run, _, _ = trained(tmp_path, "--loss_type", "srcc")
    labels = tmp_path / "data" / "labels.csv"
    flags = ["--data_path", labels, "--weights", run.best_checkpoint, "--epochs", 0]
    scored = read_record(train_here(tmp_path / "scored", *SMALL, *flags).result, Result)
    assert scored.calibration is not None
    assert any("the loss of these weights leaves the scale of predictions free" in note for note in scored.notes)


def test_a_run_in_fp16_is_scored_on_a_cpu_as_well_unless_fp16_is_asked_for():
    config = parse(["--dataset", "demo", "--precision", "fp16"])
    assert Wish(device="cpu").place(config).precision in ("fp32", "bf16")
    with pytest.raises(NoDevice, match="--precision fp16 is for GPUs"):
        Wish(device="cpu", precision="fp16").place(config)
