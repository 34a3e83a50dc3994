"""Fidelity with a learnt spread."""

import itertools
import math
from statistics import NormalDist

import pytest
import torch

from tests.fakes.losses import double, value_and_gradient
from training.losses import LOSSES
from training.losses.thurstone import thurstone_loss

PRED, PRED_SD = [0.4, 0.1, 0.35, 0.2], [0.2, 0.11, 0.3, 0.12]
MOS, MOS_SD = [0.1, 0.2, 0.6, 0.9], [0.1, 0.2, 0.05, 0.15]


def fidelity(i, j, mos_sd):
    g = NormalDist(0, math.hypot(mos_sd[i], mos_sd[j])).cdf(MOS[i] - MOS[j])
    q = NormalDist(0, math.hypot(PRED_SD[i], PRED_SD[j])).cdf(PRED[i] - PRED[j])
    return 1 - math.sqrt(g * q + 1e-8) - math.sqrt((1 - g) * (1 - q) + 1e-8)


def test_thurstone_has_the_value_worked_out_pair_by_pair():
    pairs = list(itertools.combinations(range(4), 2))
    expected = sum(fidelity(i, j, MOS_SD) for i, j in pairs) / 6
    signs = {(i, j): math.copysign(1, MOS_SD[i] - MOS_SD[j]) for i, j in pairs}
    expected += sum(max(0, 0.025 - signs[i, j] * (PRED_SD[i] - PRED_SD[j])) for i, j in pairs) / 6
    value = thurstone_loss(double(*PRED), double(*MOS), pred_sd=double(*PRED_SD), mos_sd=double(*MOS_SD))
    assert value.item() == pytest.approx(expected, abs=1e-12)


def test_without_a_spread_of_opinions_there_is_one_for_all_and_no_order_of_spreads():
    expected = sum(fidelity(i, j, [0.16] * 4) for i, j in itertools.combinations(range(4), 2)) / 6
    value = thurstone_loss(double(*PRED), double(*MOS), pred_sd=double(*PRED_SD))
    assert value.item() == pytest.approx(expected, abs=1e-12)


def test_with_the_assumed_spread_of_predictions_it_is_the_pairwise_loss():
    value = thurstone_loss(double(*PRED), double(*MOS), pred_sd=torch.full((4,), 0.16, dtype=torch.float64))
    assert value.item() == pytest.approx(LOSSES["pairwise"](double(*PRED), double(*MOS)).item(), abs=1e-12)


def test_images_of_equal_spread_are_in_no_order():
    same = torch.full((4,), 0.2, dtype=torch.float64)
    with_order = thurstone_loss(double(*PRED), double(*MOS), pred_sd=double(*PRED_SD), mos_sd=same)
    without = thurstone_loss(double(*PRED), double(*MOS), pred_sd=double(*PRED_SD), uniform_sd=0.2)
    assert with_order.item() == pytest.approx(without.item(), abs=1e-12)


def test_the_gradients_of_mean_and_spread_are_those_of_the_value():
    pred, pred_sd = double(*PRED).requires_grad_(), double(*PRED_SD).requires_grad_()
    mos, mos_sd = double(*MOS), double(*MOS_SD)
    assert torch.autograd.gradcheck(lambda p, sd: thurstone_loss(p, mos, pred_sd=sd, mos_sd=mos_sd), (pred, pred_sd))


def test_a_pair_in_the_wrong_order_is_pulled_into_order_and_its_spread_widened():
    pred, spread = double(0.6, 0.4), double(0.1, 0.1).requires_grad_()
    value, gradient = value_and_gradient(thurstone_loss, pred, double(0.2, 0.9), pred_sd=spread)
    assert value > 0.5
    assert gradient[0] > 0 > gradient[1]
    assert (spread.grad < 0).all()


def test_spreads_in_the_wrong_order_are_pulled_into_order():
    spread = double(0.3, 0.1).requires_grad_()
    thurstone_loss(double(0.5, 0.5), double(0.5, 0.5), pred_sd=spread, mos_sd=double(0.1, 0.2)).backward()
    assert spread.grad[0] > 0 > spread.grad[1]


@pytest.mark.parametrize("size", [1e-20, 1.0, 1e4])
@pytest.mark.parametrize("spread", [0.0, 1e-20, 1.0, 1e4])
def test_values_and_gradients_are_finite_however_far_apart_and_however_sure(size, spread):
    pred = (size * torch.randn(6, generator=torch.Generator().manual_seed(0))).requires_grad_()
    pred_sd = torch.full((6,), spread).requires_grad_()
    opinions = torch.tensor([0.1, 0.1, 0.4, 0.5, 0.9, 1.0])
    value = thurstone_loss(pred, opinions, pred_sd=pred_sd, mos_sd=torch.tensor([0.0, 0.1, 0.1, 0.2, 0.2, 0.3]))
    value.backward()
    assert torch.isfinite(value)
    assert torch.isfinite(pred.grad).all()
    assert torch.isfinite(pred_sd.grad).all()


def test_one_image_has_no_pair_to_compare():
    value, gradient = value_and_gradient(
        thurstone_loss,
        torch.tensor([0.3]),
        torch.tensor([0.5]),
        pred_sd=torch.tensor([0.2]),
        mos_sd=torch.tensor([1.0]),
    )
    assert value == 0
    assert not gradient.any()


@pytest.mark.parametrize("shapes", [((3, 1), (3,), (3,)), ((3,), (3,), (2,)), ((3,), (2,), (3,)), ((0,), (0,), (0,))])
def test_other_shapes_are_refused_and_named(shapes):
    pred, mos, pred_sd = map(torch.zeros, shapes)
    with pytest.raises(ValueError, match=r"one shape \(N,\)"):
        thurstone_loss(pred, mos, pred_sd=pred_sd)


@pytest.mark.parametrize("where", ["pred", "mos", "pred_sd", "mos_sd"])
def test_a_number_that_is_none_is_not_hidden(where):
    given = {"pred": double(*PRED), "mos": double(*MOS), "pred_sd": double(*PRED_SD), "mos_sd": double(*MOS_SD)}
    given[where][2] = math.nan
    assert thurstone_loss(given.pop("pred"), given.pop("mos"), **given).isnan()
