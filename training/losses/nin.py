"""Distance between predictions and opinions, each centred and brought to length 1."""

from __future__ import annotations

import math

from torch import Tensor

from training.losses.base import checked, spread, zero_if_constant


def nin_loss(pred: Tensor, mos: Tensor, *, mos_sd: Tensor | None = None) -> Tensor:  # noqa: ARG001 - one signature
    """Norm-in-Norm with p = 1 and q = 2; shift and scale of the predictions are free.

        Σ_i |pred'_i − mos'_i| / (2 · √N),   x' = (x − mean) / ‖x − mean‖₂

    2 · √N is the largest the sum can be, so the loss lies in [0, 1] whatever the size of the batch.

    Args:
        pred: (N,) predicted quality, any scale, higher is better.
        mos: (N,) mean opinion score.
        mos_sd: not used.

    Returns:
        () in [0, 1]; if all predictions are equal, finite with a finite gradient that orders them; 0 with zero
        gradient if no two opinions differ.

    Raises:
        ValueError: not two (N,) tensors of one length.

    Source: Li et al., "Norm-in-Norm loss with faster convergence and better performance for image quality
    assessment", ACM MM 2020.
    """
    pred, mos = checked(pred, mos)
    return zero_if_constant(mos, (_normalised(pred) - _normalised(mos)).abs().sum() / (2 * math.sqrt(len(pred))), pred)


def _normalised(values: Tensor) -> Tensor:
    """(N,) with mean 0 and length 1; of length 0 if the values are equal."""
    return (values - values.mean()) / (spread(values) * math.sqrt(len(values)))
