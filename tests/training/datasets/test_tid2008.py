"""TID2008 in its true layout, which is TID2013's."""

import pytest

from tests.fakes.opened_datasets import item_of, opened


def test_tid2008s_pictures_have_its_name_and_tids_scale(folders):
    dataset = opened("tid2008", folders["tid2008"])
    assert (dataset.name, len(dataset.items), len({item.group for item in dataset.items})) == ("tid2008", 20, 10)
    item = item_of(dataset, "i02_01_1.bmp")
    assert (item.path.name, item.mos) == ("I02_01_1.BMP", 0.5)
    assert item.mos_sd == pytest.approx(0.12 * 33.52**0.5)  # the file has the error of the mean of 33.52 observers
    assert dataset.to_training(item.mos) == 0.5 / 9
