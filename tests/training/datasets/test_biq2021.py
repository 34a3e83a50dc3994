"""BIQ2021: what it holds out of training."""

from tests.fakes.opened_datasets import counts, opened
from tests.fakes.photographs import write_biq2021


def test_biq2021_holds_validation_out_of_training_in_the_same_way_for_every_run(tmp_path):
    write_biq2021(tmp_path)
    first, second = opened("biq2021", tmp_path), opened("biq2021", tmp_path, "--seed", "7")
    assert counts(first) == {"train": 17, "val": 3, "test": 4}
    assert first.items == second.items
