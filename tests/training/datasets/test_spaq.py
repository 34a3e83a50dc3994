"""SPAQ in its true layout."""

import pytest

from tests.fakes.opened_datasets import item_of, opened


def test_spaq_is_scored_from_0_to_100(folders):
    dataset = opened("spaq", folders["spaq"])
    assert item_of(dataset, "00003.jpg").mos == 5.5
    assert dataset.to_training(5.5) == pytest.approx(0.055)
