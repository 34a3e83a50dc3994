"""The user's own CSV: columns, split and groups."""

import pytest

from tests.fakes.opened_datasets import counts, opened
from tests.fakes.photographs import write_csv_dataset, write_rows
from training.errors import BadData


def test_a_users_csv_has_its_own_range_split_and_spread(tmp_path):
    dataset = opened("csv", write_csv_dataset(tmp_path))
    assert counts(dataset) == {"train": 10, "val": 4, "test": 4}
    assert dataset.mos_range == (1.0, 5.0)
    assert dataset.sd_to_training(dataset.items[0].mos_sd) == pytest.approx(0.125)


def test_without_a_split_column_groups_stay_together(tmp_path):
    labels = write_csv_dataset(tmp_path, train=30, val=0, test=0)
    rows = [(f"pictures/train{number}.jpg", number / 10, f"photo{number // 3}") for number in range(30)]
    dataset = opened("csv", write_rows(labels, ("image", "mos", "group"), rows))
    assert counts(dataset) == {"train": 21, "val": 3, "test": 6}
    splits_of_group = {
        group: {i.split for i in dataset.items if i.group == group} for group in {i.group for i in dataset.items}
    }
    assert all(len(splits) == 1 for splits in splits_of_group.values())


def test_a_group_in_two_splits_is_refused(tmp_path):
    labels = write_csv_dataset(tmp_path)
    rows = [("pictures/train0.jpg", 1, "train", "a"), ("pictures/test0.jpg", 2, "test", "a")]
    with pytest.raises(BadData, match="line 3: group a is in the split test, and in train"):
        opened("csv", write_rows(labels, ("image", "mos", "split", "group"), rows))
