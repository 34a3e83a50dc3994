"""KADID-10k in its true layout."""

import pytest

from tests.fakes.opened_datasets import item_of, opened


def test_kadids_dmos_grows_with_quality_and_its_variance_becomes_a_standard_deviation(folders):
    dataset = opened("kadid-10k", folders["kadid-10k"])
    item = item_of(dataset, "I00_01_01.png")
    assert (item.mos, item.mos_sd, item.group) == (2.0, 0.5, "I00.png")
    assert dataset.sd_to_training(item.mos_sd) == pytest.approx(0.125)
