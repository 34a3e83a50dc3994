"""Absolute error whose corner at 0 is rounded off."""

from __future__ import annotations

import torch
from torch import Tensor

from training.losses.base import checked

BETA = 0.1
"""If labels span 0 to 1: up to a tenth of the range an error counts by its square."""


def smooth_l1_loss(
    pred: Tensor,
    mos: Tensor,
    *,
    mos_sd: Tensor | None = None,  # noqa: ARG001 - one signature
    beta: float = BETA,
) -> Tensor:
    """Huber's loss divided by `beta`: as steep as `l1` for large errors, as gentle as `l2` for small ones.

        mean of  e² / (2β) if |e| < β, else |e| − β/2,   e = pred − mos

    Args:
        pred: (N,) predicted quality, on the scale of `mos`, higher is better.
        mos: (N,) mean opinion score.
        mos_sd: not used.
        beta: above 0, on the scale of `mos`.

    Returns:
        () at least 0.

    Raises:
        ValueError: not two (N,) tensors of one length.

    Source: Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 1964; divided by β as
    in Girshick, "Fast R-CNN", ICCV 2015.
    """
    pred, mos = checked(pred, mos)
    value: Tensor = torch.nn.functional.smooth_l1_loss(pred, mos, beta=beta)
    return value
