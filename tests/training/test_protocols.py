"""How crops, labels and losses of the published protocol differ from the clean one's."""

import numpy as np
import pytest
import torch

from tests.fakes.photographs import write_csv_dataset
from tests.training.datasets.test_datasets import decoded, opened
from training.flags import parse
from training.images.batches import SplitImages, crops_to_score
from training.losses import LOSSES, build_criterion

PUBLISHED = ["--dataset", "demo", "--protocol", "published"]


CLEAN = ["--dataset", "demo"]


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


@pytest.mark.parametrize("name", ["l1", "l2", "plcc", "nin"])
def test_losses_that_the_published_code_does_not_change_are_the_same_by_both_protocols(name):
    pred, mos = torch.tensor([52.0, 61.5, 40.0]), torch.tensor([55.0, 60.0, 62.0])
    values = {
        build_criterion(parse([*protocol, "--loss_type", name]))(pred, mos).item() for protocol in (CLEAN, PUBLISHED)
    }
    assert len(values) == 1


@pytest.mark.parametrize("name", ["srcc", "rank", "pairwise"])
def test_the_clean_protocol_trains_with_the_losses_as_defined(name):
    pred, mos = torch.tensor([0.52, 0.615, 0.4]), torch.tensor([0.55, 0.6, 0.62])
    value = build_criterion(parse([*CLEAN, "--loss_type", name, "--ranking_loss_alpha", "0"]))(pred, mos)
    assert value.item() == LOSSES[name](pred, mos).item()


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
