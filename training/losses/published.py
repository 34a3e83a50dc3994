"""Three losses exactly as the published code computes them, for comparison with its table.

Each departs from what its name says: `srcc` correlates values, not ranks; `rank` asks for small predicted gaps rather
than for the gaps of opinions; `pairwise` measures labels from 0 to 100 in units of 1, so almost every pair is certain.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from training.losses.base import checked, mean_over, pair_differences

EPSILON = 1e-8
SMALLEST_GAP = 1e-6
"""Opinions that differ by no more than this make no pair."""
LOGISTIC_SCALE = 1.702
"""Makes a sigmoid of the normal distribution."""
PRED_SD = 0.1


def published_srcc_loss(pred: Tensor, mos: Tensor, *, mos_sd: Tensor | None = None) -> Tensor:  # noqa: ARG001 - one signature
    """1 − Pearson correlation of the values, 1e-8 added to its denominator.

    Args:
        pred: (N,) predicted quality, higher is better.
        mos: (N,) mean opinion score.
        mos_sd: not used.

    Returns:
        () in [0, 2]; 1 if predictions or opinions are all equal, the gradient finite in both cases.

    Raises:
        ValueError: not two (N,) tensors of one length.
    """
    pred, mos = checked(pred, mos)
    centred, centred_mos = pred - pred.mean(), mos - mos.mean()
    # The norm of a zero vector has the gradient 0 in torch, where a root of a sum of squares has none.
    norms = torch.linalg.vector_norm(centred) * torch.linalg.vector_norm(centred_mos)
    value: Tensor = 1 - (centred * centred_mos).sum() / (norms + EPSILON)
    return value


def published_rank_loss(pred: Tensor, mos: Tensor, *, mos_sd: Tensor | None = None) -> Tensor:  # noqa: ARG001 - one signature
    """The rank loss with predictions and opinions exchanged: equal predictions cost nothing.

        mean over |mos_i − mos_j| > 1e-6 of  max(0, |d| − e · (mos_i − mos_j)),  d = pred_i − pred_j,
        e = 1 if d ≥ 0, else −1

    Args:
        pred: (N,) predicted quality, on the scale of `mos`, higher is better.
        mos: (N,) mean opinion score.
        mos_sd: not used.

    Returns:
        () at least 0; 0 with zero gradient if no two images differ.

    Raises:
        ValueError: not two (N,) tensors of one length.
    """
    pred, mos = checked(pred, mos)
    gaps, differences = pair_differences(mos), pair_differences(pred)
    signs = torch.where(differences >= 0, 1.0, -1.0).to(gaps.dtype)
    return mean_over(torch.relu(differences.abs() - signs * gaps), gaps.abs() > SMALLEST_GAP)


def published_pairwise_loss(pred: Tensor, mos: Tensor, *, mos_sd: Tensor | None = None) -> Tensor:  # noqa: ARG001 - one signature
    """The fidelity loss with a sigmoid of the plain MOS gap and a predicted SD of 0.1.

        mean over |mos_i − mos_j| > 1e-6 of  1 − √(g·q + ε) − √((1 − g)(1 − q) + ε)
        g = sigmoid(mos_i − mos_j),   q = sigmoid(1.702 · (pred_i − pred_j) / (0.1 · √2))

    Args:
        pred: (N,) predicted quality, on the scale of `mos`, higher is better.
        mos: (N,) mean opinion score.
        mos_sd: not used.

    Returns:
        () between −1e-4 and 1; 0 with zero gradient if no two images differ.

    Raises:
        ValueError: not two (N,) tensors of one length.
    """
    pred, mos = checked(pred, mos)
    gaps = pair_differences(mos)
    steepness = LOGISTIC_SCALE / (PRED_SD * math.sqrt(2))
    opinion, predicted = torch.sigmoid(gaps), torch.sigmoid(steepness * pair_differences(pred))
    better = (opinion * predicted + EPSILON).sqrt()
    worse = ((1 - opinion) * (1 - predicted) + EPSILON).sqrt()
    return mean_over(1 - better - worse, gaps.abs() > SMALLEST_GAP)
