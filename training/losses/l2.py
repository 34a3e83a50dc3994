"""Mean squared error."""

from __future__ import annotations

from torch import Tensor

from training.losses.base import checked


def l2_loss(pred: Tensor, mos: Tensor, *, mos_sd: Tensor | None = None) -> Tensor:  # noqa: ARG001 - one signature
    """Mean of (pred − mos)².

    Args:
        pred: (N,) predicted quality, on the scale of `mos`, higher is better.
        mos: (N,) mean opinion score.
        mos_sd: not used.

    Returns:
        () at least 0.

    Raises:
        ValueError: not two (N,) tensors of one length.
    """
    pred, mos = checked(pred, mos)
    return (pred - mos).square().mean()
