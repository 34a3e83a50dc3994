"""The pairwise fidelity loss."""

import math

import pytest
import torch
from hypothesis import given, settings

from tests.fakes.losses import distinct, double, value_and_gradient
from training.losses import LOSSES


def test_one_image_has_no_pair_to_compare():
    value, gradient = value_and_gradient(LOSSES["pairwise"], torch.tensor([0.3]), torch.tensor([0.5]))
    assert value == 0
    assert not gradient.any()


@settings(max_examples=40)
@given(distinct(), distinct())
def test_pairwise_does_not_change_when_better_and_worse_swap(pred, mos):
    loss = LOSSES["pairwise"]
    assert loss(-pred, -mos).item() == pytest.approx(loss(pred, mos).item(), abs=1e-9)


def test_pairwise_with_one_spread_for_all_is_perfect_where_predictions_equal_opinions():
    mos = double(0.1, 0.5, 0.6, 0.9)
    value, gradient = value_and_gradient(LOSSES["pairwise"], mos, mos)
    assert value == pytest.approx(0, abs=1e-4)
    assert gradient.abs().max() < 1e-4


def test_opinions_without_any_spread_make_certain_pairs():
    pred, mos = torch.tensor([0.3, 0.1, 0.4]), torch.tensor([0.5, 0.5, 0.9])
    value, gradient = value_and_gradient(LOSSES["pairwise"], pred, mos, mos_sd=torch.zeros(3))
    assert math.isfinite(value)
    assert torch.isfinite(gradient).all()
