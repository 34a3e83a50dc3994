"""Average pooling to a given side."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def pool_to(maps: Tensor, side: int) -> Tensor:
    """(B, C, H, W) to (B, C, side, side) means.

    Under `--deterministic` maps that `side` divides are pooled by windows of one size. The means are the same, and a
    GPU repeats their gradient bit for bit, which it does not for adaptive pooling.
    """
    height, width = maps.shape[-2:]
    if torch.are_deterministic_algorithms_enabled() and height % side == 0 and width % side == 0:
        return functional.avg_pool2d(maps, (height // side, width // side))
    return functional.adaptive_avg_pool2d(maps, side)
