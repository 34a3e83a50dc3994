"""One network trained on two data sets, from flags to result, prediction and test."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from tests.fakes.photographs import write_csv_dataset, write_koniq
from tests.fakes.public_datasets import write_agiqa, write_kadid, write_pipal
from tests.fakes.trainer_processes import SMALL, train_here
from tests.fakes.trouble import AT_EVERY_STEP, events_of, without_memory_at
from training import dataset_check, evaluate
from training.datasets import open_datasets
from training.errors import BadData, BadUsage, GpuOutOfMemory
from training.flags import parse
from training.network.quality import QualityNetwork
from training.predict import load
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import Result


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_csv_dataset(folder / "csv")
    write_koniq(folder / "koniq-10k", train=5, val=3, test=5)
    return folder


def mixed(data: Path, *flags: str) -> list[str]:
    where = f"csv={data}/csv/labels.csv:koniq-10k={data}/koniq-10k"
    return [*SMALL[2:], "--dataset", "csv+koniq-10k", "--data_path", where, "--scale", "1,5", *flags]


@pytest.fixture(scope="module")
def finished(data: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("IQA_TUI_CACHE", str(data / "cache"))
        write_agiqa(data / "agiqa-3k", 6)
        return train_here(tmp_path_factory.mktemp("mixed"), *mixed(data, "--loss_type", "pairwise"))


@pytest.fixture(scope="module")
def result(finished: RunFolder) -> Result:
    return read_record(finished.result, Result)


def scores_of(run: RunFolder, dataset: str, split: str = "test") -> tuple[np.ndarray, np.ndarray]:
    with run.score_file(dataset, split).open() as file:
        rows = list(csv.DictReader(file))
    return np.array([float(row["mos"]) for row in rows]), np.array([float(row["pred"]) for row in rows])


def test_the_result_holds_the_scores_on_each_data_set_and_their_mean(finished: RunFolder, result: Result) -> None:
    own = {"csv test", "koniq-10k test", "csv val", "koniq-10k val"}
    assert set(result.metrics) == {"val", "test", "test_oracle", "agiqa-3k", *own}
    for split in ("test", "val"):
        each = [float(stats.spearmanr(*scores_of(finished, name, split)).statistic) for name in ("csv", "koniq-10k")]
        assert [result.metrics[f"{name} {split}"]["srcc"] for name in ("csv", "koniq-10k")] == pytest.approx(each)
        assert result.metrics[split]["srcc"] == pytest.approx(sum(each) / 2)
        assert result.metrics[split]["rmse"] is None
    assert result.dataset == "csv+koniq-10k"
    assert result.images == {"train": 15, "val": 7, "test": 9, "agiqa-3k": 6}
    assert result.sets["koniq-10k"]["images"] == {"train": 5, "val": 3, "test": 5}
    assert result.sets["csv"]["mos_range"] == [1, 5]
    assert any("the labels of each are brought to 0 to 1 by its own scale" in note for note in result.notes)
    assert any("batch norm" in note for note in result.notes)


def test_opinions_and_predictions_of_a_score_file_are_on_the_scale_of_their_data_set(finished: RunFolder) -> None:
    mos, _ = scores_of(finished, "csv")
    assert sorted(mos) == pytest.approx([1, 2.333, 3.667, 5])
    assert set(scores_of(finished, "koniq-10k")[0]) <= {20, 35, 50, 65, 80}


def test_the_mean_of_the_validation_scores_chooses_the_epoch(finished: RunFolder, result: Result) -> None:
    val = {
        fields["epoch"]: fields["metrics"]["srcc"]
        for fields in events_of(finished, "evaluated")
        if fields["split"] == "val"
    }
    best = max(val, key=lambda epoch: (-2 if val[epoch] is None else val[epoch], -epoch))
    assert result.best_epoch == best
    told = [fields["split"] for fields in events_of(finished, "evaluated") if fields["epoch"] == 1]
    assert told[:6] == ["koniq-10k val", "csv val", "val", "koniq-10k test", "csv test", "test"]


def test_the_model_card_tells_its_own_data_sets_from_others(finished: RunFolder) -> None:
    card = finished.model_card.read_text()
    assert "datasets: [csv, koniq-10k]" in card
    assert "| csv: test, at the chosen epoch |" in card
    assert "| test, at the chosen epoch (mean over the data sets) |" in card
    assert "| agiqa-3k, which it was not trained on |" in card
    assert "10 of csv, 5 of koniq-10k" in card


def test_a_prediction_says_that_its_scale_goes_from_0_to_1(finished: RunFolder, data: Path) -> None:
    model = load(finished.path)
    assert model.dataset == "csv+koniq-10k"
    assert "a network of several data sets, csv, koniq-10k" in model.scorer.note
    if model.scorer.calibration is None:
        assert model.scale is None
    else:
        assert model.scale == (0, 1)
        assert "scores lie on the scale from 0 to 1" in model.scorer.note
    (score,) = model.score(data / "csv" / "pictures" / "test0.jpg")
    assert np.isfinite(score)


def test_a_test_on_one_of_its_data_sets_repeats_the_scores_of_the_run(
    finished: RunFolder, result: Result, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["--dataset", "koniq-10k", "--data_path", str(data / "koniq-10k"), "--device", "cpu", "--json"]
    assert evaluate.main([str(finished.path), *place]) == 0
    answer = json.loads(capsys.readouterr().out)
    told = result.metrics["koniq-10k test"]
    assert answer["metrics"]["srcc"] == pytest.approx(told["srcc"], abs=1e-6)
    assert answer["metrics"]["rmse"] == (None if told["rmse"] is None else pytest.approx(told["rmse"], rel=1e-4))
    assert evaluate.main([str(finished.path), *place, "--split", "train"]) == 0
    assert any("was trained on images of koniq-10k" in note for note in json.loads(capsys.readouterr().out)["notes"])


def test_a_run_that_failed_within_an_epoch_goes_on_to_the_same_scores(
    finished: RunFolder, data: Path, tmp_path: Path, eager: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = mixed(data, "--loss_type", "pairwise", *AT_EVERY_STEP)
    with monkeypatch.context() as patched:
        patched.setattr(QualityNetwork, "forward", without_memory_at(7))
        with pytest.raises(GpuOutOfMemory):
            train_here(tmp_path / "run", *flags)
    run = train_here(tmp_path / "run", *flags, "--resume")
    assert [fields["step"] for fields in events_of(run, "resumed")] == [6]
    for name in ("csv", "koniq-10k"):
        assert run.score_file(name, "test").read_text() == finished.score_file(name, "test").read_text()


def test_an_error_on_each_scale_stands_with_its_data_set_if_the_loss_fixes_the_scale(
    data: Path, tmp_path: Path
) -> None:
    run = train_here(tmp_path / "run", *mixed(data, "--loss_type", "l1", "--epochs", "1"))
    result = read_record(run.result, Result)
    assert result.calibration is None
    for name in ("csv", "koniq-10k"):
        mos, pred = scores_of(run, name)
        assert result.metrics[f"{name} test"]["rmse"] == pytest.approx(float(np.sqrt(((mos - pred) ** 2).mean())))
    assert load(run.path).scale == (0, 1)


def test_the_check_of_the_data_counts_each_data_set(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert dataset_check.main(mixed(data)) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["name"] == "csv+koniq-10k"
    assert answer["images"] == {"train": 15, "val": 7, "test": 9}
    assert [each["name"] for each in answer["sets"]] == ["csv", "koniq-10k"]
    assert [each["folder"] for each in answer["sets"]] == [f"{data}/csv/labels.csv", f"{data}/koniq-10k"]


def test_a_scale_without_ends_cannot_be_brought_to_another(data: Path) -> None:
    write_pipal(data / "pipal")
    flags = ["--dataset", "koniq-10k+pipal", "--data_path", str(data)]
    with pytest.raises(BadData, match="the opinions of pipal are on a scale without ends"):
        open_datasets(parse(flags))


def test_a_split_seed_draws_the_splits_that_are_open_and_leaves_official_ones(data: Path) -> None:
    write_kadid(data / "kadid-10k")
    flags = ["--dataset", "koniq-10k+kadid-10k", "--data_path", str(data), "--split_seed"]
    drawn, other = (open_datasets(parse([*flags, seed])) for seed in ("0", "3"))
    assert [item.split for item in drawn[0].items] == [item.split for item in other[0].items]
    assert {item.name for item in drawn[1].split("test")} != {item.name for item in other[1].split("test")}
    where = f"csv={data}/csv/labels.csv"
    with pytest.raises(BadData, match="each of csv, demo has a split of its own"):
        open_datasets(parse(["--dataset", "csv+demo", "--data_path", where, "--scale", "1,5", "--split_seed", "3"]))


def test_a_loss_that_compares_images_needs_enough_of_each_data_set(data: Path, tmp_path: Path) -> None:
    flags = mixed(data, "--loss_type", "srcc", "--limit_train_images", "2")
    with pytest.raises(BadUsage, match=r"an epoch of csv has 2"):
        train_here(tmp_path / "run", *flags)
