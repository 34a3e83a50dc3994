"""Crops in batches: the same for every loss, from any step on."""

import numpy as np
import pytest
import torch

from tests.fakes.opened_datasets import decoded, opened
from tests.fakes.photographs import write_csv_dataset
from training.errors import BadData
from training.flags import parse
from training.images.batches import SplitImages, crops_to_score, prefetched, train_batches
from training.images.transforms import plan_crops


def split_images(tmp_path) -> SplitImages:
    dataset = opened("csv", write_csv_dataset(tmp_path))
    return SplitImages(dataset, decoded(dataset), "train")


CROPS = [
    "--dataset",
    "demo",
    "--patch_size",
    "32",
    "--batch_size",
    "8",
    "--train_patch_num",
    "3",
    "--test_patch_num",
    "3",
]


@pytest.mark.parametrize("protocol", ["clean", "published"])
@pytest.mark.parametrize("test_crops", [[], ["--test_random_crop"]])
def test_two_losses_with_one_seed_see_the_same_bytes(tmp_path, protocol, test_crops):
    images = split_images(tmp_path)

    def stream_of(loss: str) -> list[bytes]:
        workers = "1" if loss == "l1" else "3"
        config = parse([*CROPS, *test_crops, "--protocol", protocol, "--loss_type", loss, "--num_workers", workers])
        plan = plan_crops(len(images), config.train_patch_num, seed=config.seed, epoch=1)
        return [
            part.numpy().tobytes()
            for batch in train_batches(images, plan, config)
            for part in (batch.crops, batch.mos, batch.flips, batch.jitters)
        ] + [crops.numpy().tobytes() for _, crops in crops_to_score(images, config, 8)]

    assert stream_of("l1") == stream_of("srcc")


def test_an_epoch_can_be_taken_up_at_any_batch_and_ends_with_a_smaller_batch(tmp_path):
    images, config = split_images(tmp_path), parse(CROPS)
    plan = plan_crops(len(images), config.train_patch_num, seed=1, epoch=1)
    whole = list(train_batches(images, plan, config))
    assert [len(batch.mos) for batch in whole] == [8, 8, 8, 6]
    rest = list(train_batches(images, plan, config, first_batch=2))
    assert all(torch.equal(one.crops, other.crops) for one, other in zip(whole[2:], rest, strict=True))


def test_scoring_batches_hold_crops_of_several_images(tmp_path):
    images, config = split_images(tmp_path), parse(CROPS)
    batches = list(crops_to_score(images, config, 8))
    assert [len(numbers) for numbers, _ in batches] == [8, 8, 8, 6]
    assert np.concatenate([numbers for numbers, _ in batches]).tolist() == [n for n in range(10) for _ in range(3)]


def test_batches_made_ahead_are_the_same_and_their_errors_arrive():
    assert list(prefetched(iter(range(20)), 3)) == list(range(20))

    def broken():
        yield 1
        raise BadData("gone")

    with pytest.raises(BadData, match="gone"):
        list(prefetched(broken(), 3))


def test_published_scores_come_from_the_centre_alone_unless_crops_are_drawn(tmp_path):
    dataset = opened("csv", write_csv_dataset(tmp_path), "--protocol", "published")
    images = SplitImages(dataset, decoded(dataset), "test")
    flags = ["--dataset", "csv", "--data_path", "x", "--protocol", "published", "--patch_size", "32"]
    ((numbers, crops),) = crops_to_score(images, parse([*flags, "--test_patch_num", "20"]), 100)
    assert numbers.tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(crops[2].numpy(), images.pixels(2)[20:52, 20:52])
    drawn = parse([*flags, "--test_patch_num", "20", "--test_random_crop"])
    assert sum(len(numbers) for numbers, _ in crops_to_score(images, drawn, 100)) == 80


def test_published_labels_are_trained_on_from_0_to_100(tmp_path):
    labels = write_csv_dataset(tmp_path)
    clean, published = (opened("csv", labels, "--protocol", protocol) for protocol in ("clean", "published"))
    mos = {
        protocol: SplitImages(dataset, decoded(dataset), "train").training_mos
        for protocol, dataset in (("clean", clean), ("published", published))
    }
    assert (mos["clean"].min(), mos["clean"].max()) == (0, 1)
    np.testing.assert_allclose(mos["published"], mos["clean"] * 100, rtol=1e-5)
    assert published.from_training(50.0) == pytest.approx(3.0)
    assert published.sd_to_training(0.5) == pytest.approx(12.5)


def test_clean_scores_come_from_a_regular_grid_unless_crops_are_drawn(tmp_path):
    dataset = opened("csv", write_csv_dataset(tmp_path, side=80))
    images = SplitImages(dataset, decoded(dataset), "test")
    flags = ["--dataset", "csv", "--data_path", "x", "--patch_size", "32", "--test_patch_num", "4"]
    ((numbers, crops),) = crops_to_score(images, parse(flags), 100)
    assert numbers.tolist() == [number for number in range(4) for _ in range(4)]
    for crop, (top, left) in zip(crops[:4].numpy(), [(0, 0), (0, 48), (48, 0), (48, 48)], strict=True):
        np.testing.assert_array_equal(crop, images.pixels(0)[top : top + 32, left : left + 32])
    ((_, drawn),) = crops_to_score(images, parse([*flags, "--test_random_crop"]), 100)
    assert not np.array_equal(crops, drawn)
