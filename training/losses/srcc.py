"""Rank correlation as a loss."""

from __future__ import annotations

import torch
from torch import Tensor

from training.losses.base import checked, correlation, pair_differences, spread, zero_if_constant

TEMPERATURE = 0.25
"""In standard deviations of the predictions: how far apart two must be to count as ordered.

Sharper is nearer to the ranks and leaves less gradient to pairs that are far apart and in the wrong order.
"""


def srcc_loss(
    pred: Tensor,
    mos: Tensor,
    *,
    mos_sd: Tensor | None = None,  # noqa: ARG001 - one signature
    temperature: float = TEMPERATURE,
) -> Tensor:
    """1 − Pearson correlation of ranks: exact average ranks of `mos`, soft ranks of `pred`.

        soft rank i = ½ + Σ_j sigmoid((z_i − z_j) / temperature),   z = (pred − mean) / SD

    The SD is part of the gradient, so that the gradient has no component along shift or scale of the predictions
    and a step neither inflates nor shrinks them. As the temperature goes to 0 the soft ranks become average ranks
    and the loss 1 − SRCC. A batch of two has z = ±1 whatever is predicted: its gradient is 0.

    Args:
        pred: (N,) predicted quality, any scale, higher is better.
        mos: (N,) mean opinion score.
        mos_sd: not used.
        temperature: in standard deviations of `pred`.

    Returns:
        () in [0, 2]; if all predictions are equal 1, with a finite gradient that orders them; 0 with zero
        gradient if no two opinions differ.

    Raises:
        ValueError: not two (N,) tensors of one length.
    """
    pred, mos = checked(pred, mos)
    standardised = (pred - pred.mean()) / spread(pred)
    soft_ranks = 0.5 + torch.sigmoid(pair_differences(standardised) / temperature).sum(dim=1)
    return zero_if_constant(mos, 1 - correlation(soft_ranks, average_ranks(mos, soft_ranks.dtype)), pred)


def average_ranks(values: Tensor, dtype: torch.dtype) -> Tensor:
    """(N,) ranks from 1; equal values share the mean of their ranks. No gradient. A NaN has the rank NaN."""
    values = values.detach()
    differences = pair_differences(values)
    return (
        0.5
        + torch.where(values.isnan(), values, 0.0).to(dtype)
        + (differences > 0).sum(dim=1).to(dtype)
        + 0.5 * (differences == 0).sum(dim=1).to(dtype)
    )
