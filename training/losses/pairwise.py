"""Fidelity between the probabilities, by opinion and by prediction, that one image is the better of two."""

from __future__ import annotations

import math

from torch import Tensor

from training.losses.base import UNIFORM_SD, checked, fidelity_loss, pair_differences, pair_z


def pairwise_loss(
    pred: Tensor,
    mos: Tensor,
    *,
    mos_sd: Tensor | None = None,
    pred_sd: float = UNIFORM_SD,
    uniform_sd: float = UNIFORM_SD,
) -> Tensor:
    """Fidelity loss on Thurstone's model (case V for the predictions).

        mean over i < j of  1 − √(g·q + ε) − √((1 − g)(1 − q) + ε)
        g = Φ((mos_i − mos_j) / √(sd_i² + sd_j²)),   q = Φ((pred_i − pred_j) / √(2 · pred_sd²))

    Args:
        pred: (N,) predicted quality, on the scale of `mos`, higher is better.
        mos: (N,) mean opinion score.
        mos_sd: (N,) spread of opinions on the scale of `mos`; None: `uniform_sd` for all.
        pred_sd: assumed spread of a prediction, on the scale of `mos`.
        uniform_sd: used if there is no `mos_sd`.

    Returns:
        () between −1e-4 (ε lets a perfect pair fall below 0) and 1; 0 with zero gradient for a single image.

    Raises:
        ValueError: not (N,) tensors of one length.

    Source: Tsai et al., "FRank: a ranking method with fidelity loss", SIGIR 2007; used for IQA in Zhang et al.,
    "Uncertainty-aware blind image quality assessment in the laboratory and wild", IEEE TIP 2021.
    """
    pred, mos = checked(pred, mos)
    z_opinion = pair_z(mos, mos_sd, uniform_sd)
    z_predicted = pair_differences(pred) / (math.sqrt(2) * pred_sd)
    return fidelity_loss(z_opinion, z_predicted)
