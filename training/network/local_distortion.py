"""What the image looks like at each scale, in 224 numbers: the input of the generated target network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.network.pooling import pool_to

REDUCED_CHANNELS = (16, 32, 64)
"""Of the first three maps; the last keeps all of its channels."""
POOLED_SIDES = (8, 4, 2, 1)
VECTOR_SIZES = (16, 16, 16, 176)
VECTOR_SIZE = sum(VECTOR_SIZES)


class LocalDistortion(nn.Module):
    """Each map: 1×1 convolution to few channels (not the last), average pooling, linear layer; concatenated.

    Adaptive pooling equals the published pooling by 7 on crops of 224 pixels and takes any other size as well.
    """

    def __init__(self, channels: list[int]) -> None:
        super().__init__()
        self.reduce = nn.ModuleList(
            nn.Conv2d(wide, narrow, 1, bias=False) for wide, narrow in zip(channels, REDUCED_CHANNELS, strict=False)
        )
        widths = (*REDUCED_CHANNELS, channels[-1])
        self.project = nn.ModuleList(
            nn.Linear(width * side * side, size)
            for width, side, size in zip(widths, POOLED_SIDES, VECTOR_SIZES, strict=True)
        )

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Four (B, C_i, H_i, W_i) to (B, 224)."""
        reduced = [reduce(one) for reduce, one in zip(self.reduce, maps, strict=False)] + [maps[-1]]
        pooled = [pool_to(one, side).flatten(1) for one, side in zip(reduced, POOLED_SIDES, strict=True)]
        return torch.cat([project(one) for project, one in zip(self.project, pooled, strict=True)], dim=1)
