"""Batches of several data sets in one epoch."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.fakes.opened_datasets import decoded
from tests.fakes.photographs import write_csv_dataset
from tests.fakes.public_datasets import write_kadid
from training.config import TrainConfig
from training.datasets import open_datasets
from training.flags import parse
from training.images.batches import SplitImages, train_batches
from training.images.mixing import batch_counts, epoch_batches, mixed_order
from training.images.transforms import plan_crops


@pytest.fixture
def flags(tmp_path: Path) -> list[str]:
    labels, kadid = write_csv_dataset(tmp_path / "csv", train=10), write_kadid(tmp_path / "kadid")
    where = f"csv={labels}:kadid-10k={kadid}"
    sizes = ["--patch_size", "32", "--batch_size", "4", "--train_patch_num", "2"]
    return ["--dataset", "csv+kadid-10k", "--data_path", where, "--scale", "1,5", *sizes]


def sets_of(config: TrainConfig) -> list[SplitImages]:
    return [SplitImages(dataset, decoded(dataset), "train") for dataset in open_datasets(config)]


def labels_of(config: TrainConfig, sets: list[SplitImages], first: int = 0) -> list[list[float]]:
    return [batch.mos.tolist() for batch in epoch_batches(sets, config, 1, first)]


def test_each_batch_is_of_one_data_set_and_every_crop_comes_once(flags: list[str]) -> None:
    config = parse(flags)
    sets = sets_of(config)
    assert batch_counts(sets, config) == [5, 11]
    batches = labels_of(config, sets)
    own = [{round(float(mos), 6) for mos in images.training_mos} for images in sets]
    for batch in batches:
        assert any({round(mos, 6) for mos in batch} <= labels for labels in own)
    seen = Counter(round(mos, 6) for batch in batches for mos in batch)
    assert seen == Counter(round(float(mos), 6) for images in sets for mos in images.training_mos for _ in range(2))


def test_labels_of_all_data_sets_go_from_0_to_1(flags: list[str]) -> None:
    csv, kadid = sets_of(parse([*flags, "--lower_is_better"]))
    assert (csv.mos.min(), csv.mos.max()) == (1, 5)
    assert (csv.training_mos.min(), csv.training_mos.max()) == (0, 1)
    assert csv.training_mos.argmax() == 9  # the noisiest: its label is the lowest, and lower is better here
    assert csv.training_mos_sd == pytest.approx(0.5 / 4)
    assert kadid.training_mos_sd == pytest.approx(0.5 / 4)
    assert set(kadid.training_mos.tolist()) <= {0, 0.25, 0.5, 0.75, 1}


def test_an_epoch_goes_on_at_any_batch_as_if_it_had_not_stopped(flags: list[str]) -> None:
    config = parse(flags)
    sets = sets_of(config)
    whole = labels_of(config, sets)
    for first in (1, 7, 15):
        assert labels_of(config, sets, first) == whole[first:]
    assert labels_of(parse([*flags, "--seed", "7"]), sets) != whole
    assert labels_of(parse([*flags, "--loss_type", "rank"]), sets) == whole


def test_few_batches_in_a_row_hold_each_data_set_by_its_share() -> None:
    order = mixed_order([100, 300, 20], seed=1, epoch=1)
    assert Counter(order) == {0: 100, 1: 300, 2: 20}
    for start in range(0, 420 - 42, 7):
        found = Counter(order[start : start + 42])
        assert 9 <= found[0] <= 11
        assert 1 <= found[2] <= 3
    assert order != mixed_order([100, 300, 20], seed=1, epoch=2)


def test_a_single_data_set_is_trained_on_by_the_same_crops_as_ever(flags: list[str]) -> None:
    config = parse(["--dataset", "kadid-10k", *flags[2:4], *flags[6:]])
    (images,) = sets_of(config)
    plan = plan_crops(len(images), 2, seed=config.seed, epoch=3)
    plain = [batch.crops.numpy() for batch in train_batches(images, plan, config, 2)]
    mixed = [batch.crops.numpy() for batch in epoch_batches([images], config, 3, 2)]
    assert len(plain) == len(mixed) == 9
    assert all(np.array_equal(*pair) for pair in zip(plain, mixed, strict=True))
