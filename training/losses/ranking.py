"""The margin ranking term of the published code, added to any loss, or a part of a sum."""

from __future__ import annotations

from torch import Tensor

from training.losses.base import order_hinge


def ranking_term(pred: Tensor, mos: Tensor, *, margin: float) -> Tensor:
    """Ask for every pair the predicted gap to have the sign of the MOS gap and to be at least `margin`.

        mean over mos_i ≠ mos_j of  max(0, margin − sign(mos_i − mos_j) · (pred_i − pred_j))

    Args:
        pred: (N,) predicted quality, higher is better.
        mos: (N,) mean opinion score.
        margin: on the scale of `pred`.

    Returns:
        () at least 0; 0 with zero gradient if no two images differ.

    Raises:
        ValueError: not two (N,) tensors of one length.
    """
    return order_hinge(pred, mos, margin=margin)
