"""Linear correlation as a loss."""

from __future__ import annotations

from torch import Tensor

from training.losses.base import checked, correlation, zero_if_constant


def plcc_loss(pred: Tensor, mos: Tensor, *, mos_sd: Tensor | None = None) -> Tensor:  # noqa: ARG001 - one signature
    """1 − Pearson correlation of predictions and opinions; shift and scale of the predictions are free.

    Args:
        pred: (N,) predicted quality, any scale, higher is better.
        mos: (N,) mean opinion score.
        mos_sd: not used.

    Returns:
        () in [0, 2]; if all predictions are equal 1, with a finite gradient that orders them; 0 with zero
        gradient if no two opinions differ.

    Raises:
        ValueError: not two (N,) tensors of one length.
    """
    pred, mos = checked(pred, mos)
    return zero_if_constant(mos, 1 - correlation(pred, mos), pred)
