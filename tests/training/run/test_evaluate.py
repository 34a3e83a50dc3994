"""Scores do not depend on how the crops go through the network, and give the metrics again."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.fakes.opened_datasets import decoded, opened
from tests.fakes.photographs import write_csv_dataset
from tests.fakes.trainer_processes import train_here
from tests.fakes.trouble import STEPS, progress_in
from training.device import Placement
from training.errors import GpuOutOfMemory
from training.flags import parse
from training.images.batches import SplitImages
from training.network.build import build_network
from training.network.quality import QualityNetwork
from training.run import evaluate
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import Result


def test_an_evaluation_without_memory_goes_on_in_smaller_batches_and_says_so(
    tmp_path: Path, flags: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = QualityNetwork.forward

    def forward(network: QualityNetwork, images: Tensor) -> Tensor:
        if not network.training and len(images) > room[0]:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return real(network, images)

    monkeypatch.setattr(QualityNetwork, "forward", forward)
    room = [1]
    run = train_here(tmp_path / "run", *flags, "--epochs", 1)
    result = read_record(run.result, Result)
    assert "test: the GPU was out of memory, so 1 crops at a time were scored" in result.notes
    room[0] = 1000
    whole = read_record(train_here(tmp_path / "whole", *flags, "--epochs", 1).result, Result)
    assert result.metrics["test"] == pytest.approx(whole.metrics["test"], abs=1e-4)
    assert result.attention == pytest.approx(whole.attention, abs=1e-5)
    room[0] = 0
    with pytest.raises(GpuOutOfMemory, match="while scoring a single crop"):
        train_here(tmp_path / "none", *flags, "--epochs", 1)
    assert progress_in(RunFolder(tmp_path / "none").last_checkpoint)["step_in_epoch"] == STEPS


CPU = Placement(torch.device("cpu"), "CPU", "fp32")


FLAGS = [
    *("--dataset", "demo", "--backbone", "test_efficientnet", "--weights", "none", "--attention_fusion"),
    *("--patch_size", "64", "--batch_size", "4", "--train_patch_num", "3", "--test_patch_num", "3"),
]


@pytest.fixture
def dataset(tmp_path):
    return opened("csv", write_csv_dataset(tmp_path))


@pytest.fixture
def images(dataset) -> SplitImages:
    return SplitImages(dataset, decoded(dataset, 64), "train")


@pytest.mark.parametrize(("side", "crops"), [(32, 16), (64, 16), (96, 16), (128, 8), (160, 4), (224, 4), (384, 1)])
def test_on_a_cpu_batches_have_about_as_many_pixels_whatever_the_crops_side(side, crops):
    assert evaluate.crops_at_once(replace(parse(FLAGS), patch_size=side), CPU) == crops


def test_scores_do_not_depend_on_how_many_crops_go_through_the_network_at_once(images):
    config = parse(FLAGS)
    torch.manual_seed(1)
    network = build_network(config)

    def scored(batch_size: int) -> tuple[np.ndarray, np.ndarray]:
        told = []
        observer = evaluate.Observer(lambda *done: told.append(done))
        result = evaluate.score_crops(network, images, config, CPU, observer, batch_size=batch_size)
        assert told[-1] == (30, 30)
        return result

    scores, attention = scored(1)
    assert np.ptp(scores) > 1e-3
    for batch_size in (4, 7, 64):
        other_scores, other_attention = scored(batch_size)
        np.testing.assert_allclose(other_scores, scores, atol=1e-5)
        np.testing.assert_allclose(other_attention, attention, atol=1e-5)


def test_scoring_in_bf16_ranks_images_as_fp32_does(images):
    config = parse(FLAGS)
    torch.manual_seed(1)
    network = build_network(config)
    bf16 = Placement(torch.device("cpu"), "CPU", "bf16")
    fp32_scores, bf16_scores = (
        evaluate.score_crops(network, images, config, placement)[0] for placement in (CPU, bf16)
    )
    assert not np.array_equal(fp32_scores, bf16_scores)
    assert np.corrcoef(fp32_scores, bf16_scores)[0, 1] > 0.95


def test_scores_are_on_the_data_sets_own_scale_and_give_the_metrics_again(finished):
    from training.metrics import all_metrics

    run, _ = finished
    with run.score_file("csv", "test").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["image", "mos", "pred"]
    mos, pred = (
        torch.tensor([float(row[name]) for row in rows], dtype=torch.float64).numpy() for name in ("mos", "pred")
    )
    assert (mos.min(), mos.max()) == (1, 5)
    assert all_metrics(pred, mos)[0] == pytest.approx(read_record(run.result, Result).metrics["test"])


def test_the_reference_image_is_written_if_images_share_one(tmp_path, finished):
    demo = opened("demo").limited(6, 6).only(("test",))
    assert demo.shares_groups
    names, groups = ([item.name for item in demo.items], [item.group for item in demo.items])
    scores = np.arange(6.0)
    evaluate.write_scores(
        tmp_path / "demo_test.csv", evaluate.Evaluation("test", names, scores, scores / 2, None, {}, [], groups)
    )
    with (tmp_path / "demo_test.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["group"] for row in rows] == groups
    assert rows[1] == {"image": names[1], "mos": "1.0", "pred": "0.5", "group": groups[1]}


def test_images_that_share_no_reference_image_have_no_groups(images, dataset):
    assert not dataset.shares_groups
    assert images.groups is None


def test_attention_is_kept_for_every_image(finished):
    with finished[0].score_file("csv", "test_attention").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4
    for row in rows:
        assert sum(float(row[f"scale_{number}"]) for number in (1, 2, 3, 4)) == pytest.approx(1, abs=1e-5)
