"""Asks the predictions of a pair to be as far apart as its opinions."""

from __future__ import annotations

import torch
from torch import Tensor

from training.losses.base import checked, mean_over, pair_differences


def rank_loss(pred: Tensor, mos: Tensor, *, mos_sd: Tensor | None = None) -> Tensor:  # noqa: ARG001 - one signature
    """Ask for every pair the predicted gap to have the sign and at least the size of the MOS gap.

        mean over mos_i ≠ mos_j of  max(0, |mos_i − mos_j| − sign(mos_i − mos_j) · (pred_i − pred_j))

    Args:
        pred: (N,) predicted quality, on the scale of `mos`, higher is better.
        mos: (N,) mean opinion score, higher is better.
        mos_sd: not used.

    Returns:
        () at least 0; 0 with zero gradient if no two images differ.

    Raises:
        ValueError: not two (N,) tensors of one length.

    Source: Sun et al., "A deep learning based no-reference quality assessment model for UGC videos", ACM MM 2022.
    """
    pred, mos = checked(pred, mos)
    gaps = pair_differences(mos)
    shortfall = torch.relu(gaps.abs() - gaps.sign() * pair_differences(pred))
    return mean_over(shortfall, gaps != 0)
