"""Norm-in-Norm."""

import pytest
import torch
from hypothesis import given, settings

from tests.fakes.losses import distinct, double, value_and_gradient
from training.losses import LOSSES


@settings(max_examples=40)
@given(distinct(), distinct())
def test_norm_in_norm_lies_between_agreement_and_its_reverse(pred, mos):
    loss = LOSSES["nin"]
    assert loss(3 * mos - 7, mos).item() == pytest.approx(0, abs=1e-9)
    assert 0 <= loss(pred, mos).item() <= 1


def test_norm_in_norm_reaches_1_if_all_images_are_reversed():
    mos = double(0, 1, 0, 1)
    assert LOSSES["nin"](-mos, mos).item() == pytest.approx(1)


def test_norm_in_norm_has_the_value_worked_out_by_hand():
    """Centred and of length 1: (−1, 0, 1) / √2 and (−1, −1, 2) / √6."""
    expected = (abs(1 / 6**0.5 - 1 / 2**0.5) + 1 / 6**0.5 + abs(2 / 6**0.5 - 1 / 2**0.5)) / (2 * 3**0.5)
    assert LOSSES["nin"](double(1, 2, 3), double(4, 4, 7)).item() == pytest.approx(expected, abs=1e-12)


def test_norm_in_norm_pulls_constant_predictions_into_order():
    value, gradient = value_and_gradient(LOSSES["nin"], torch.full((4,), 0.7), torch.tensor([0.1, 0.9, 0.6, 0.3]))
    assert 0 < value < 1
    assert gradient[0] > 0 > gradient[1]
