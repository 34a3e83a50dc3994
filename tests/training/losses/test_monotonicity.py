"""The monotonicity loss."""

import pytest
from hypothesis import given, settings

from tests.fakes.losses import distinct, double, value_and_gradient
from training.losses import LOSSES
from training.losses.monotonicity import monotonicity_loss
from training.losses.srcc import average_ranks


def test_monotonicity_has_the_value_worked_out_pair_by_pair():
    pred, mos = [0.4, 0.1, 0.35, 0.2], [0.1, 0.2, 0.2, 0.9]
    costs = [
        max(0, (p - q) if t < u else (q - p))
        for i, (p, t) in enumerate(zip(pred, mos, strict=True))
        for j, (q, u) in enumerate(zip(pred, mos, strict=True))
        if i != j and t != u
    ]
    assert monotonicity_loss(double(*pred), double(*mos)).item() == pytest.approx(sum(costs) / 10, abs=1e-12)


@settings(max_examples=40)
@given(distinct(), distinct())
def test_monotonicity_is_zero_exactly_if_the_order_is_right(pred, mos):
    is_ordered = average_ranks(pred, pred.dtype).tolist() == average_ranks(mos, mos.dtype).tolist()
    assert (monotonicity_loss(pred, mos).item() == 0) is is_ordered
    assert monotonicity_loss(3 * mos + 1, mos).item() == 0


def test_equal_predictions_cost_monotonicity_nothing():
    """Unlike the rank loss, which spreads them: so it wants another loss beside it."""
    mos = double(0.1, 0.5, 0.9)
    value, gradient = value_and_gradient(monotonicity_loss, double(0.3, 0.3, 0.3), mos)
    assert value == 0
    assert not gradient.any()
    assert LOSSES["rank"](double(0.3, 0.3, 0.3), mos).item() > 0
