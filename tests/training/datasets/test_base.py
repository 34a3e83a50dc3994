"""What holds for every data set: completeness, limits, sizes."""

import pytest

from tests.fakes.opened_datasets import counts, opened
from tests.fakes.photographs import write_biq2021, write_csv_dataset, write_koniq, write_rows
from training.datasets.base import Sizing
from training.errors import BadData


def test_missing_images_are_counted_and_the_first_is_named(tmp_path):
    folder = write_koniq(tmp_path)
    for path in (folder / "1024x768").iterdir():
        path.unlink()
    with pytest.raises(BadData, match=r"1024x768/training0\.jpg: no such image.*8 of 8 images are missing"):
        opened("koniq-10k", folder)


def test_labels_that_are_all_equal_are_refused(tmp_path):
    labels = write_csv_dataset(tmp_path, train=2, val=1, test=1)
    rows = [("pictures/train0.jpg", 3, "train"), ("pictures/val0.jpg", 3, "val"), ("pictures/test0.jpg", 3, "test")]
    with pytest.raises(BadData, match="every label is 3"):
        opened("csv", write_rows(labels, ("image", "mos", "split"), rows))


def test_a_limit_takes_the_same_images_for_every_run_and_not_the_first(tmp_path):
    write_biq2021(tmp_path)
    first = opened("biq2021", tmp_path, "--limit_train_images", "5", "--limit_test_images", "2")
    again = opened("biq2021", tmp_path, "--limit_train_images", "5", "--limit_test_images", "2", "--seed", "9")
    assert counts(first) == {"train": 5, "val": 2, "test": 2}
    assert first.items == again.items
    everything = opened("biq2021", tmp_path)
    assert [item.name for item in first.split("train")] != [item.name for item in everything.split("train")[:5]]


def test_sizes_keep_the_shape_and_leave_room_for_a_crop():
    assert Sizing().size_for(300, 400, 224) == (300, 400)
    assert Sizing().size_for(100, 200, 224) == (224, 448)
    assert Sizing(largest_short_side=384).size_for(768, 1024, 224) == (384, 512)
    assert Sizing(exact=(384, 512)).size_for(10, 900, 224) == (384, 512)
    assert Sizing(exact=(384, 512)).size_for(10, 900, 448) == (448, 597)
