"""Four feature maps become one: pooled to one size, weighed by what the image shows, and concatenated."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.network.pooling import pool_to

MAP_SIDE = 7
"""The hyper-network turns 7 × 7 maps into weights, so every map is pooled to this side."""


class ScaleAttention(nn.Module):
    """One weight per scale and image, from the global average of the last map. They sum to 1."""

    def __init__(self, channels: int, scales: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(channels, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, scales))
        for layer in self.net:
            if isinstance(layer, nn.Linear):  # near-equal weights at the start
                nn.init.normal_(layer.weight, std=0.01)
                nn.init.zeros_(layer.bias)

    def forward(self, last_map: Tensor) -> Tensor:
        """(B, C, H, W) to (B, scales)."""
        weights: Tensor = torch.softmax(self.net(last_map.mean(dim=(2, 3))).float(), dim=1)
        return weights


class MultiScaleFusion(nn.Module):
    """Pool, weigh and concatenate the maps of all scales, or pass on only the last.

    `last_weights` keeps the attention of the last forward pass, (B, scales); None without attention.
    """

    def __init__(self, channels: list[int], *, multiscale: bool, attention: bool) -> None:
        super().__init__()
        self.multiscale = multiscale
        self.attention = ScaleAttention(channels[-1], len(channels)) if attention and multiscale else None
        self.out_channels = sum(channels) if multiscale else channels[-1]
        self.last_weights: Tensor | None = None

    def forward(self, maps: list[Tensor]) -> Tensor:
        """List of (B, C_i, H_i, W_i) to (B, out_channels, 7, 7)."""
        pooled = [pool_to(one, MAP_SIDE) for one in (maps if self.multiscale else maps[-1:])]
        if self.attention is not None:
            weights = self.attention(maps[-1])
            self.last_weights = weights.detach()
            columns = weights.to(pooled[0].dtype)[:, :, None, None, None].unbind(dim=1)
            pooled = [one * weight for one, weight in zip(pooled, columns, strict=True)]
        return torch.cat(pooled, dim=1)
