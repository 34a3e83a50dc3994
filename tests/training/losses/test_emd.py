"""The earth mover's distance between histograms."""

import math

import pytest
import torch

from tests.fakes.losses import double, value_and_gradient
from training.losses.emd import emd_loss

SHARES = [[0.1, 0.2, 0.7], [0.5, 0.25, 0.25]]
OPINIONS = [[0.3, 0.3, 0.4], [0.2, 0.3, 0.5]]


def logits_of(shares):
    return torch.tensor(shares, dtype=torch.float64).log()


def test_emd_has_the_value_worked_out_answer_by_answer():
    apart = [math.sqrt((0.2**2 + 0.3**2) / 3), math.sqrt((0.3**2 + 0.25**2) / 3)]
    value = emd_loss(logits_of(SHARES), torch.tensor(OPINIONS, dtype=torch.float64))
    assert value.item() == pytest.approx(sum(apart) / 2, abs=1e-12)


def test_opinions_that_all_move_by_one_answer_cost_the_root_of_one_part_and_by_all_of_them_the_most():
    one = torch.tensor([[1.0, 0.0, 0.0, 0.0]])
    for moved in range(4):
        logits = torch.full((1, 4), -1e4)
        logits[0, moved] = 0
        assert emd_loss(logits, one).item() == pytest.approx(math.sqrt(moved / 4))


def test_a_far_answer_costs_more_than_a_near_one_unlike_a_loss_that_knows_no_order():
    opinions = double(0.6, 0.2, 0.1, 0.1)[None]
    near, far = (emd_loss(logits_of([shares]), opinions) for shares in ([0.2, 0.6, 0.1, 0.1], [0.1, 0.2, 0.1, 0.6]))
    assert far.item() > 1.5 * near.item()


def test_the_order_of_answers_may_be_turned_round():
    shares, opinions = logits_of(SHARES), torch.tensor(OPINIONS, dtype=torch.float64)
    assert emd_loss(shares.flip(1), opinions.flip(1)).item() == pytest.approx(emd_loss(shares, opinions).item())


def test_the_gradient_is_that_of_the_value():
    opinions = torch.tensor(OPINIONS, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda logits: emd_loss(logits, opinions), (logits_of(SHARES).requires_grad_(),))


def test_histograms_that_agree_cost_nothing_and_have_the_gradient_0():
    value, gradient = value_and_gradient(emd_loss, torch.zeros(3, 4), torch.full((3, 4), 0.25))
    assert value == 0
    assert not gradient.any()


@pytest.mark.parametrize("size", [1e-20, 1.0, 1e4])
def test_value_and_gradient_are_finite_whatever_the_logits(size):
    logits = size * torch.randn(8, 5, generator=torch.Generator().manual_seed(0))
    opinions = torch.softmax(torch.randn(8, 5, generator=torch.Generator().manual_seed(1)), dim=1)
    value, gradient = value_and_gradient(emd_loss, logits, opinions)
    assert 0 < value < 1
    assert torch.isfinite(gradient).all()


def test_half_precision_is_computed_in_float32():
    logits, opinions = logits_of(SHARES).bfloat16(), torch.tensor(OPINIONS)
    assert emd_loss(logits, opinions).item() == emd_loss(logits.float(), opinions).item()


def test_a_number_that_is_none_is_not_hidden():
    logits = torch.zeros(2, 3)
    logits[1, 2] = math.nan
    assert emd_loss(logits, torch.tensor(OPINIONS)).isnan()


@pytest.mark.parametrize(("logits", "opinions"), [((3,), (3,)), ((2, 3), (2, 4)), ((0, 3), (0, 3)), ((2, 1), (2, 1))])
def test_other_shapes_are_refused_and_named(logits, opinions):
    with pytest.raises(ValueError, match=r"one shape \(N, K\)"):
        emd_loss(torch.zeros(logits), torch.zeros(opinions))
