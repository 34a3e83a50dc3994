"""Distance between the histogram of opinions and the one that the network predicts."""

from __future__ import annotations

import torch
from torch import Tensor


def emd_loss(logits: Tensor, histogram: Tensor) -> Tensor:
    """Earth mover's distance with r = 2 between two histograms over ordered answers.

        mean over images of  √( 1/K · Σ_k (P_k − H_k)² )
        P, H: cumulative sums over the answers of softmax(logits) and of `histogram`

    Args:
        logits: (N, K) of the answers, the worst one first.
        histogram: (N, K) shares of the people who gave each answer; each row adds up to 1.

    Returns:
        () in [0, 1); 0 with zero gradient for histograms that agree.

    Raises:
        ValueError: not two (N, K) tensors of one shape, N at least 1 and K at least 2.

    Source: Talebi and Milanfar, "NIMA: neural image assessment", IEEE TIP 2018.
    """
    if logits.ndim != 2 or logits.shape != histogram.shape or len(logits) == 0 or logits.shape[1] < 2:
        shown = f"{tuple(logits.shape)} and {tuple(histogram.shape)}"
        raise ValueError(f"a loss of histograms takes two tensors of one shape (N, K), K at least 2; got {shown}")
    wide = torch.float64 if logits.dtype == torch.float64 else torch.float32
    shares = torch.softmax(logits.to(wide), dim=1)
    apart = (shares - histogram.to(wide)).cumsum(dim=1)
    # The norm of a zero vector has the gradient 0 in torch, where a root of a sum of squares has none.
    loss: Tensor = (torch.linalg.vector_norm(apart, dim=1) / logits.shape[1] ** 0.5).mean()
    return loss
