"""What losses share."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.losses import distinct, double
from training.losses.base import (
    checked,
    correlation,
    mean_over,
    pair_differences,
    spread,
    zero_if_constant,
    zero_with_gradient,
)


def test_half_precision_becomes_float32_and_double_stays():
    kinds = [checked(torch.zeros(2, dtype=kind))[0].dtype for kind in (torch.float16, torch.bfloat16, torch.float64)]
    assert kinds == [torch.float32, torch.float32, torch.float64]


def test_shapes_that_would_broadcast_are_refused_and_named():
    with pytest.raises(ValueError, match=r"one shape \(N,\), N at least 1; got \(3, 1\) and \(3,\)"):
        checked(torch.zeros(3, 1), torch.zeros(3))


def test_pair_differences_are_row_minus_column():
    assert pair_differences(double(1, 4, 9)).tolist() == [[0, -3, -8], [3, 0, -5], [8, 5, 0]]


def test_a_batch_that_says_nothing_is_zero_with_a_gradient_of_zero():
    pred = double(1, 2).requires_grad_()
    value = zero_with_gradient(pred)
    value.backward()
    assert (value.item(), pred.grad.tolist()) == (0, [0, 0])


def test_the_mean_is_over_what_counts_alone():
    values = double(1, 2, 30).requires_grad_()
    assert mean_over(values, torch.tensor([True, True, False])).item() == 1.5
    nothing = mean_over(values, torch.tensor([False] * 3))
    nothing.backward()
    assert (nothing.item(), values.grad.tolist()) == (0, [0, 0, 0])


def test_values_that_differ_by_rounding_alone_have_spread_1():
    assert spread(double(0, 2)).item() == 1
    assert spread(double(0, 6)).item() == 3
    assert spread(double(5, 5, 5)).item() == 1
    assert spread(torch.full((4,), 0.1) + torch.tensor([0, 0, 0, 1e-9])).item() == 1


@given(distinct(), st.floats(0.001, 1000), st.floats(-100, 100))
def test_spread_scales_with_the_values_and_ignores_their_shift(values, scale, shift):
    assert spread(values * scale + shift).item() == pytest.approx(scale * spread(values).item(), rel=1e-6)


@given(distinct(), distinct())
def test_correlation_is_symmetric_and_between_minus_1_and_1(values, targets):
    found = correlation(values, targets).item()
    assert found == pytest.approx(correlation(targets, values).item(), abs=1e-12)
    assert -1 - 1e-12 <= found <= 1 + 1e-12
    assert correlation(values, 3 * values - 1).item() == pytest.approx(1)
    assert correlation(values, -values).item() == pytest.approx(-1)


def test_constant_values_are_uncorrelated():
    value = correlation(double(2, 2, 2), double(1, 2, 4)).item()
    assert value == 0
    assert math.isfinite(value)


@pytest.mark.parametrize(("mos", "value"), [((1,), 0), ((2, 2), 0), ((2, 2.5), 7)])
def test_opinions_of_one_value_say_nothing(mos, value):
    mos = double(*mos)
    pred = torch.ones_like(mos).requires_grad_()
    loss = zero_if_constant(mos, 7 * pred.mean(), pred)
    loss.backward()
    assert loss.item() == value
    assert pred.grad.sum().item() == pytest.approx(value)
