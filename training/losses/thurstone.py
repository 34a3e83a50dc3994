"""Fidelity on Thurstone's model, with a spread of each image's quality that the network learns."""

from __future__ import annotations

from torch import Tensor

from training.losses.base import UNIFORM_SD, checked, fidelity_loss, order_hinge, pair_z

MARGIN = 0.025
"""By which the spreads of two images must differ, on the scale of predictions; the source's own."""


def thurstone_loss(
    pred: Tensor,
    mos: Tensor,
    *,
    pred_sd: Tensor,
    mos_sd: Tensor | None = None,
    uniform_sd: float = UNIFORM_SD,
) -> Tensor:
    """The fidelity of `pairwise` with a learnt spread of each image, in the order of the opinions' own spreads.

        mean over i < j of  1 − √(g·q + ε) − √((1 − g)(1 − q) + ε)
        + mean over sd_i ≠ sd_j of  max(0, 0.025 − sign(sd_i − sd_j) · (σ_i − σ_j))
        g = Φ((mos_i − mos_j) / √(sd_i² + sd_j²)),   q = Φ((pred_i − pred_j) / √(σ_i² + σ_j²))

    Without `mos_sd` the second mean is left out, and the spread is learnt by the first alone. Predictions and spreads
    that are twice as large mean the same, but for the margin. In the source's paper the gradient of the fidelity
    reaches the spread, as here; its released code stops it there.

    Args:
        pred: (N,) predicted mean quality, any scale, higher is better.
        mos: (N,) mean opinion score.
        pred_sd: (N,) predicted spread σ, above 0, on the scale of `pred`.
        mos_sd: (N,) spread of opinions on the scale of `mos`; None: `uniform_sd` for all.
        uniform_sd: used if there is no `mos_sd`.

    Returns:
        () at least −1e-4 (ε lets a perfect pair fall below 0); 0 with zero gradient for a single image.

    Raises:
        ValueError: not (N,) tensors of one length.

    Source: Zhang et al., "Uncertainty-aware blind image quality assessment in the laboratory and wild" (UNIQUE),
    IEEE TIP 2021.
    """
    pred, mos, pred_sd = checked(pred, mos, pred_sd)
    loss = fidelity_loss(pair_z(mos, mos_sd, uniform_sd), pair_z(pred, pred_sd, uniform_sd))
    return loss if mos_sd is None else loss + order_hinge(pred_sd, mos_sd, margin=MARGIN)
