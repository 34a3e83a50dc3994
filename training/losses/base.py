"""What losses share: a check of shapes, pairs, and a correlation whose gradient is always finite."""

from __future__ import annotations

import torch
from torch import Tensor

UNIFORM_SD = 0.16
"""Of opinions about one image if labels span 0 to 1: KonIQ-10k's average, 16% of the range."""
FIDELITY_EPSILON = 1e-8
"""Inside the roots of a fidelity: without it the gradient is infinite if a probability is 0."""
SMALLEST_VARIANCE = 1e-12
"""Of a pair: below it the gradient of its root is not finite."""


def checked(*tensors: Tensor) -> tuple[Tensor, ...]:
    """Predictions and labels as a loss computes with them: of one shape, and of float32 or better.

    (N, 1) against (N,) would broadcast to an (N, N) difference and a right-looking loss; in bf16, which has 8 bits,
    differences of near scores would vanish.

    Raises:
        ValueError: not tensors of one shape (N,) with N at least 1.
    """
    shapes = [tuple(tensor.shape) for tensor in tensors]
    if tensors[0].ndim != 1 or tensors[0].numel() == 0 or any(shape != shapes[0] for shape in shapes):
        shown = " and ".join(str(shape) for shape in shapes)
        raise ValueError(f"a loss takes predictions and labels of one shape (N,), N at least 1; got {shown}")
    return tuple(tensor if tensor.dtype in (torch.float32, torch.float64) else tensor.float() for tensor in tensors)


def pair_differences(values: Tensor) -> Tensor:
    """(N,) to (N, N): entry i, j is values[i] − values[j]."""
    return values[:, None] - values[None, :]


def order_hinge(pred: Tensor, mos: Tensor, *, margin: float) -> Tensor:
    """() mean over mos_i ≠ mos_j of max(0, margin − sign(mos_i − mos_j) · (pred_i − pred_j)). Raises as `checked`."""
    pred, mos = checked(pred, mos)
    gaps = pair_differences(mos)
    signs = torch.where(gaps.isnan(), gaps, gaps.sign())  # torch gives NaN the sign 0
    return mean_over(torch.relu(margin - signs * pair_differences(pred)), signs != 0)


def pair_z(mos: Tensor, mos_sd: Tensor | None, uniform_sd: float) -> Tensor:
    """(N, N): (mos_i − mos_j) / √(sd_i² + sd_j²), with one SD for all if no image's own is known."""
    sd = torch.full_like(mos, uniform_sd) if mos_sd is None else checked(mos_sd, mos)[0]
    variances = sd.square()
    return pair_differences(mos) / (variances[:, None] + variances[None, :]).clamp(min=SMALLEST_VARIANCE).sqrt()


def fidelity_loss(z_opinion: Tensor, z_predicted: Tensor) -> Tensor:
    """() mean over i < j of 1 − √(g·q + ε) − √((1 − g)(1 − q) + ε), with g and q the Φ of (N, N) z."""
    # Φ(−z) rather than 1 − Φ(z), which loses all digits if one image is clearly better.
    better = _root(z_opinion, z_predicted)
    worse = _root(-z_opinion, -z_predicted)
    return mean_of_pairs(1 - better - worse)


def _root(z_opinion: Tensor, z_predicted: Tensor) -> Tensor:
    root: Tensor = (torch.special.ndtr(z_opinion) * torch.special.ndtr(z_predicted) + FIDELITY_EPSILON).sqrt()
    return root


def mean_of_pairs(values: Tensor) -> Tensor:
    """() mean over i < j of (N, N) values; 0 with zero gradient for a single image."""
    upper = torch.ones_like(values).triu(diagonal=1)
    return (values * upper).sum() / upper.sum().clamp(min=1)


def zero_with_gradient(pred: Tensor) -> Tensor:
    """() zero whose gradient is zero everywhere, for a batch that says nothing."""
    return (pred * 0).sum()


def mean_over(values: Tensor, counts: Tensor) -> Tensor:
    """() mean of `values` where `counts` is true; 0 with zero gradient if it never is."""
    return torch.where(counts, values, values * 0).sum() / counts.sum().clamp(min=1)


def spread(values: Tensor) -> Tensor:
    """() population standard deviation; 1 with no gradient if values differ only by rounding.

    The threshold follows the size of the values, so that scaling them changes nothing (until the variance itself is
    below the smallest normal number).
    """
    variance = values.var(correction=0)
    limits = torch.finfo(values.dtype)
    differs = variance > (8 * limits.eps) ** 2 * values.detach().square().mean() + limits.tiny
    return torch.where(differs, variance, torch.ones_like(variance)).sqrt()


def correlation(values: Tensor, targets: Tensor) -> Tensor:
    """() Pearson correlation; 0 if `values` are constant, with a gradient that pulls them apart the right way."""
    centred, centred_targets = values - values.mean(), targets - targets.mean()
    return (centred * centred_targets).mean() / (spread(values) * spread(targets))


def zero_if_constant(mos: Tensor, loss: Tensor, pred: Tensor) -> Tensor:
    """() `loss`; 0 with zero gradient if no two opinions differ. Decided on the device: nothing waits for it."""
    return torch.where((mos == mos[0]).all(), zero_with_gradient(pred), loss)
