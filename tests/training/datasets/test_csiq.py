"""CSIQ in its true layout."""

import pytest

from tests.fakes.opened_datasets import item_of, opened


def test_csiqs_dmos_is_turned_round(folders):
    dataset = opened("csiq", folders["csiq"])
    assert item_of(dataset, "1600.AWGN.2.png").mos == pytest.approx(0.98)
    assert {item.group for item in dataset.items} == {str(1600 + n) for n in range(10)}
