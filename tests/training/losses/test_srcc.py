"""The SRCC loss."""

import pytest
import torch
from hypothesis import given, settings

from tests.fakes.losses import distinct, double, value_and_gradient
from training.losses.base import correlation
from training.losses.srcc import average_ranks, srcc_loss


@settings(max_examples=40)
@given(distinct(), distinct())
def test_srcc_leaves_shift_and_scale_of_predictions_unchanged(pred, mos):
    _, gradient = value_and_gradient(srcc_loss, pred, mos)
    assert gradient.sum().item() == pytest.approx(0, abs=1e-9)
    assert (gradient * (pred - pred.mean())).sum().item() == pytest.approx(0, abs=1e-9)


@settings(max_examples=40)
@given(distinct())
def test_srcc_vanishes_in_the_sharp_limit_for_any_rising_predictions(values):
    mos = values.sort().values
    assert srcc_loss(torch.exp(mos / 20), mos, temperature=1e-9).item() == pytest.approx(0, abs=1e-12)


def test_srcc_becomes_the_rank_correlation_in_the_sharp_limit():
    pred, mos = double(1, 5, 2, 4, 3, 9), double(1, 2, 2, 4, 6, 5)
    expected = 1 - correlation(average_ranks(pred, torch.float64), average_ranks(mos, torch.float64)).item()
    assert srcc_loss(pred, mos, temperature=1e-9).item() == pytest.approx(expected, abs=1e-12)


def test_srcc_pulls_two_images_that_are_out_of_order_the_right_way():
    _, gradient = value_and_gradient(srcc_loss, double(0.1, 0.4, 0.3, 0.8), double(0.1, 0.3, 0.4, 0.8))
    assert gradient[1] > 1e-3
    assert gradient[2] < -1e-3


def test_equal_opinions_share_the_mean_of_their_ranks():
    assert average_ranks(double(3, 1, 3, 7), torch.float64).tolist() == [2.5, 1.0, 2.5, 4.0]
