"""The rank loss."""

import pytest
import torch
from hypothesis import given, settings

from tests.fakes.losses import distinct
from training.losses import LOSSES
from training.losses.srcc import average_ranks


@settings(max_examples=40)
@given(distinct(), distinct())
def test_rank_is_zero_exactly_if_every_gap_is_wide_enough(pred, mos):
    loss = LOSSES["rank"]
    assert loss(mos * 2, mos).item() == 0
    assert loss(mos, mos).item() == pytest.approx(0, abs=1e-12)
    assert loss(-mos, mos).item() > 0


@settings(max_examples=40)
@given(distinct(), distinct())
def test_rank_follows_the_order_alone_where_predictions_are_far_apart(pred, mos):
    """Gaps wider than any of opinions: only pairs that are out of order cost."""
    order = average_ranks(pred, torch.float64) * 1000
    out_of_order = (order[:, None] - order[None, :]) * (mos[:, None] - mos[None, :]) < 0
    assert (LOSSES["rank"](order, mos).item() > 0) == bool(out_of_order.any())
