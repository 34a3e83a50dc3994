"""Asks for the order of opinions and for nothing else."""

from __future__ import annotations

from torch import Tensor

from training.losses.base import order_hinge


def monotonicity_loss(pred: Tensor, mos: Tensor, *, mos_sd: Tensor | None = None) -> Tensor:  # noqa: ARG001 - one signature
    """Each pair in the wrong order costs the gap of its predictions.

        mean over mos_i ≠ mos_j of  max(0, −sign(mos_i − mos_j) · (pred_i − pred_j))

    Equal predictions cost nothing, so it is a part beside a loss that spreads them, as in its source, where the mean is
    over all pairs, equal opinions too.

    Args:
        pred: (N,) predicted quality, any scale, higher is better.
        mos: (N,) mean opinion score.
        mos_sd: not used.

    Returns:
        () at least 0; 0 with zero gradient if no two images differ.

    Raises:
        ValueError: not two (N,) tensors of one length.

    Source: Li, Jiang, Jiang, "Unified quality assessment of in-the-wild videos with mixed datasets training", IJCV 2021
    (monotonicity-induced loss); beside a PLCC loss in Wu et al., "FAST-VQA", ECCV 2022.
    """
    return order_hinge(pred, mos, margin=0.0)
