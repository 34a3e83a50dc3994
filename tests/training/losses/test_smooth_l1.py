"""The smooth L1 loss."""

import pytest
import torch
from hypothesis import given

from tests.fakes.losses import distinct, double, value_and_gradient
from training.losses import LOSSES
from training.losses.smooth_l1 import smooth_l1_loss


def test_smooth_l1_has_the_value_worked_out_by_hand():
    """Errors of 0.05 and −0.5 on both sides of β = 0.1: 0.0025 / 0.2 and 0.5 − 0.05."""
    value, gradient = value_and_gradient(smooth_l1_loss, double(0.55, 0.2), double(0.5, 0.7))
    assert value == pytest.approx((0.0125 + 0.45) / 2, abs=1e-12)
    torch.testing.assert_close(gradient, double(0.5, -1) / 2)


@given(distinct(), distinct())
def test_smooth_l1_is_l1_in_the_limit_of_a_sharp_corner_and_l2_of_a_wide_one(pred, mos):
    l1, l2 = LOSSES["l1"](pred, mos).item(), LOSSES["l2"](pred, mos).item()
    assert smooth_l1_loss(pred, mos, beta=1e-9).item() == pytest.approx(l1, abs=1e-8)
    assert 2e6 * smooth_l1_loss(pred, mos, beta=1e6).item() == pytest.approx(l2, rel=1e-9)
