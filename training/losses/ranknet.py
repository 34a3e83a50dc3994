"""Cross-entropy between the probabilities, by opinion and by prediction, that one image is the better of two."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from training.losses.base import UNIFORM_SD, checked, mean_of_pairs, pair_differences, pair_z

LOGISTIC_SCALE = 1.702
"""Makes a sigmoid of the normal distribution."""


def ranknet_loss(
    pred: Tensor,
    mos: Tensor,
    *,
    mos_sd: Tensor | None = None,
    pred_sd: float = UNIFORM_SD,
    uniform_sd: float = UNIFORM_SD,
) -> Tensor:
    """RankNet with the opinions' own probabilities as its targets; `pairwise` with another measure of agreement.

        mean over i < j of  −g · ln q − (1 − g) · ln(1 − q)
        g = Φ((mos_i − mos_j) / √(sd_i² + sd_j²)),   q = sigmoid(1.702 · (pred_i − pred_j) / √(2 · pred_sd²))

    Where the fidelity of `pairwise` flattens for a pair that is far out of order, this goes on rising with its gap.

    Args:
        pred: (N,) predicted quality, on the scale of `mos`, higher is better.
        mos: (N,) mean opinion score, higher is better.
        mos_sd: (N,) spread of opinions on the scale of `mos`; None: `uniform_sd` for all.
        pred_sd: assumed spread of a prediction, on the scale of `mos`.
        uniform_sd: used if there is no `mos_sd`.

    Returns:
        () at least the mean entropy of g, which is above 0; 0 with zero gradient for a single image.

    Raises:
        ValueError: not (N,) tensors of one length.

    Source: Burges et al., "Learning to rank using gradient descent", ICML 2005; used for IQA in Ma et al., "dipIQ:
    blind image quality assessment by learning-to-rank discriminable image pairs", IEEE TIP 2017.
    """
    pred, mos = checked(pred, mos)
    opinion = torch.special.ndtr(pair_z(mos, mos_sd, uniform_sd))
    logit = LOGISTIC_SCALE / (math.sqrt(2) * pred_sd) * pair_differences(pred)
    # With s for the logit: −ln(1 − q) = softplus(s) and −ln q = softplus(s) − s, without the logarithm of a q that
    # rounds to 0. Above 40 softplus(s) is s to the last bit of a double; torch's own threshold of 20 shows in tests.
    return mean_of_pairs(torch.nn.functional.softplus(logit, threshold=40) - opinion * logit)
