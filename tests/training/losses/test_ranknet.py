"""The RankNet loss."""

import itertools
import math
from statistics import NormalDist

import pytest
import torch
from hypothesis import given, settings

from tests.fakes.losses import distinct, double, value_and_gradient
from training.losses import LOSSES
from training.losses.ranknet import ranknet_loss

PRED, MOS, MOS_SD = [0.4, 0.1, 0.35, 0.2], [0.1, 0.2, 0.6, 0.9], [0.1, 0.2, 0.05, 0.15]


@pytest.mark.parametrize("mos_sd", [None, MOS_SD])
def test_ranknet_has_the_value_worked_out_pair_by_pair(mos_sd):
    sds = mos_sd or [0.16] * 4
    costs = []
    for i, j in itertools.combinations(range(4), 2):
        g = 1 - NormalDist(MOS[i] - MOS[j], math.hypot(sds[i], sds[j])).cdf(0)
        q = 1 / (1 + math.exp(-1.702 * (PRED[i] - PRED[j]) / (math.sqrt(2) * 0.16)))
        costs.append(-g * math.log(q) - (1 - g) * math.log(1 - q))
    value = ranknet_loss(double(*PRED), double(*MOS), mos_sd=None if mos_sd is None else double(*mos_sd))
    assert value.item() == pytest.approx(sum(costs) / 6, abs=1e-12)


@settings(max_examples=40)
@given(distinct(), distinct())
def test_ranknet_does_not_change_when_better_and_worse_swap(pred, mos):
    assert ranknet_loss(-pred, -mos).item() == pytest.approx(ranknet_loss(pred, mos).item(), rel=1e-9)


def test_ranknet_is_least_near_predictions_that_equal_opinions():
    mos = double(0.1, 0.5, 0.6, 0.9)
    own, gradient = value_and_gradient(ranknet_loss, mos, mos)
    assert gradient.abs().max() < 0.03  # not 0: its predictions have a sigmoid, its opinions Φ
    assert all(ranknet_loss(mos * factor, mos).item() > own for factor in (-1.0, 0.0, 0.5, 2.0))


def test_ranknet_pulls_at_a_pair_far_out_of_order_where_the_fidelity_is_flat():
    pred, mos = double(3.0, 0.0), double(0.0, 1.0)
    (_, ranknet), (_, fidelity) = (value_and_gradient(LOSSES[name], pred, mos) for name in ("ranknet", "pairwise"))
    assert ranknet.abs().max() > 1
    assert fidelity.abs().max() < 1e-3


def test_one_image_has_no_pair_to_compare():
    value, gradient = value_and_gradient(ranknet_loss, torch.tensor([0.3]), torch.tensor([0.5]))
    assert value == 0
    assert not gradient.any()
