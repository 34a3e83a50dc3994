"""LIVE in its true layout."""

import numpy as np
import pytest

from tests.fakes.opened_datasets import item_of, opened
from tests.fakes.public_datasets import (
    cells,
    write_mat,
)
from training.errors import BadData


def test_lives_dmos_is_turned_round_and_undistorted_copies_are_left_out(folders):
    dataset = opened("live", folders["live"])
    assert len(dataset.items) == 982 - 99
    item = item_of(dataset, "jp2k/img2.bmp")
    assert (item.mos, item.mos_sd, item.group) == (pytest.approx(99.9), 7.0, "photo1.bmp")
    assert item_of(dataset, "jpeg/img5.bmp").mos == pytest.approx(100 - 23.1)


def test_live_with_another_number_of_images_is_refused(tmp_path):
    write_mat(tmp_path / "dmos_realigned.mat", dmos_new=np.ones(5), dmos_std=np.ones(5), orgs=np.zeros(5))
    write_mat(tmp_path / "refnames_all.mat", refnames_all=cells(["a.bmp"] * 5))
    with pytest.raises(BadData, match=r"holds 5 entries; LIVE has 982 images"):
        opened("live", tmp_path)
    write_mat(tmp_path / "dmos_realigned.mat", dmos_new=np.ones(5), dmos_std=np.ones(4), orgs=np.zeros(5))
    with pytest.raises(BadData, match=r"dmos_std has 4 entries and dmos_new 5"):
        opened("live", tmp_path)
