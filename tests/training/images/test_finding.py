"""Whose packs a run believes, and what it does with one that is damaged and in use."""

import os
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from tests.fakes.opened_datasets import decoded, opened
from tests.fakes.photographs import write_csv_dataset
from training.config import TrainConfig
from training.datasets.base import read_image
from training.runfolder.image_packs import all_packs, own_folder

OTHER = 54321
NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to another user")


@pytest.fixture
def dataset(tmp_path):
    return opened("csv", write_csv_dataset(tmp_path))


def decodings(dataset) -> int:
    seen = Counter()

    def decode(item):
        seen[item.name] += 1
        return read_image(item)

    decoded(replace(dataset, decode=decode))
    return seen.total()


def give_the_cache_to_another() -> None:
    own = own_folder(TrainConfig.cache_folder())
    theirs = own.rename(own.with_name(f"u{OTHER}"))
    for path in (theirs, *theirs.iterdir()):
        os.chown(path, OTHER, OTHER)


@NEEDS_ROOT
def test_another_users_pixels_count_only_for_that_users_own_images(dataset):
    decoded(dataset)
    give_the_cache_to_another()
    assert decodings(dataset) == 18


@NEEDS_ROOT
def test_another_users_pixels_of_that_users_images_are_read_and_never_written(dataset):
    for item in dataset.items[:4]:
        os.chown(item.path, OTHER, OTHER)
    decoded(dataset)
    give_the_cache_to_another()
    theirs = [pack for pack in all_packs(TrainConfig.cache_folder()) if pack.owner == OTHER]

    def changed() -> list[int]:
        return [path.stat().st_ctime_ns for pack in theirs for path in (pack.pixels, pack.index, pack.about)]

    before = changed()
    assert decodings(dataset) == 14
    assert changed() == before


def test_a_damaged_pack_that_a_run_uses_is_left_to_it_and_decoded_beside_it(dataset):
    store = decoded(dataset)
    (pack,) = all_packs(TrainConfig.cache_folder())
    last = store[17].copy()
    with pack.pixels.open("r+b") as file:
        file.write(bytes(4096))
    for _ in range(2):
        assert len(decoded(dataset)) == 18
    assert [each.stem.name[-2:] for each in all_packs(TrainConfig.cache_folder())] == ["-0", "-1"]
    np.testing.assert_array_equal(store[17], last)
    del store
    assert decodings(dataset) == 0
    assert [each.stem.name[-2:] for each in all_packs(TrainConfig.cache_folder())] == ["-1"]
