"""Every loss by name, and what is asked of it."""

from functools import partial

import torch
from hypothesis import strategies as st
from torch import Tensor

from training.losses import LOSSES, PUBLISHED
from training.losses.ranking import ranking_term

EVERY_LOSS = {
    **LOSSES,
    **{f"published {name}": loss for name, loss in PUBLISHED.items()},
    "ranking term": partial(ranking_term, margin=0.1),
}


def double(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def value_and_gradient(loss, pred: Tensor, *args, **kwargs) -> tuple[float, Tensor]:
    pred = pred.clone().requires_grad_()
    value = loss(pred, *args, **kwargs)
    assert value.shape == ()
    value.backward()
    return value.item(), pred.grad


def distinct(count: int = 6):
    """Vectors whose values differ enough to have an order."""
    return st.lists(st.integers(-1000, 1000), min_size=count, max_size=count, unique=True).map(
        lambda values: double(*values) / 37
    )
