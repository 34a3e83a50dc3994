"""The losses as the published code computes them."""

import pytest
import torch
from hypothesis import given, settings

from tests.fakes.losses import distinct, double, value_and_gradient
from training.losses import LOSSES, PUBLISHED


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_loss_has_the_reference_value_and_gradient(expected_losses, name):
    data, expected = expected_losses, expected_losses["published"][name]
    value, gradient = value_and_gradient(PUBLISHED[name], double(*data["pred"]), double(*data["mos"]))
    assert value == pytest.approx(expected["value"], abs=1e-9)
    torch.testing.assert_close(gradient, double(*expected["grad"]), atol=1e-9, rtol=1e-9)


def test_the_published_rank_loss_rewards_equal_predictions_where_ours_does_not():
    mos, equal = double(1, 2, 3), double(2, 2, 2)
    assert PUBLISHED["rank"](double(1, 2, 3) * 0.01, mos).item() == 0
    assert LOSSES["rank"](double(1, 2, 3) * 0.01, mos).item() > LOSSES["rank"](mos, mos).item()
    assert LOSSES["rank"](equal, mos).item() > 0


@settings(max_examples=40)
@given(distinct(), distinct())
def test_the_published_pairwise_loss_does_not_change_when_better_and_worse_swap(pred, mos):
    loss = PUBLISHED["pairwise"]
    assert loss(-pred, -mos).item() == pytest.approx(loss(pred, mos).item(), abs=1e-9)


def test_the_published_pairwise_gradient_is_that_of_the_value_unless_it_is_saturated():
    pred = double(0.02, 0.05, 0.035, 0.09, 0.01).requires_grad_()
    mos = double(0.3, 0.3, 0.6, 0.8, 0.2)
    assert torch.autograd.gradcheck(lambda p: PUBLISHED["pairwise"](p, mos), (pred,))
