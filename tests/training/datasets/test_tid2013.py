"""TID2013 in its true layout."""

import pytest

from tests.fakes.opened_datasets import item_of, opened


def test_tids_images_are_found_whatever_the_case_and_grouped_by_picture(folders):
    dataset = opened("tid2013", folders["tid2013"])
    assert len({item.group for item in dataset.items}) == 10
    assert len({item.path for item in dataset.items}) == 30
    item = item_of(dataset, "I01_01_1.bmp")
    assert (item.path.name, item.mos) == ("I01_01_1.BMP", 0.0)
    assert item.mos_sd == pytest.approx(0.1 * 38.84**0.5)  # the file has the error of the mean of 38.84 observers
