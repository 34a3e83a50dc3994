"""The image decides the weights of the small network that scores it.

Source: Su et al., "Blindly assess image quality in the wild guided by a self-adaptive hyper network", CVPR 2020.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from training.network.fusion import MAP_SIDE
from training.network.local_distortion import VECTOR_SIZE

HYPER_CHANNELS = 112
TARGET_SIZES = (VECTOR_SIZE, 112, 56, 28, 14, 1)
"""Sizes of the target network's layers, from input to score; the last is larger in a network with more outputs."""


@dataclass(frozen=True, slots=True)
class TargetWeights:
    """33,545 numbers an image: the target network. Each output beyond the first adds 15."""

    weights: list[Tensor]
    """Five, each (B, out, in)."""
    biases: list[Tensor]
    """Five, each (B, out)."""


class HyperNetwork(nn.Module):
    """Fused map (B, C, 7, 7) to the target network's weights."""

    def __init__(self, in_channels: int, dropout_rate: float, outputs: int = 1) -> None:
        super().__init__()
        self.outputs = outputs
        self.squeeze = nn.Sequential(
            nn.Conv2d(in_channels, 512, 1),
            nn.ReLU(),
            nn.Conv2d(512, 256, 1),
            nn.ReLU(),
            nn.Conv2d(256, HYPER_CHANNELS, 1),
            nn.ReLU(),
        )
        self.dropout = nn.Dropout(dropout_rate)
        self.weight_convs = nn.ModuleList(
            nn.Conv2d(HYPER_CHANNELS, size_in * size_out // MAP_SIDE**2, 3, padding=1)
            for size_in, size_out in itertools.pairwise(TARGET_SIZES[:5])
        )
        self.last_weight = nn.Linear(HYPER_CHANNELS, outputs * TARGET_SIZES[4])
        self.biases = nn.ModuleList(nn.Linear(HYPER_CHANNELS, size) for size in (*TARGET_SIZES[1:5], outputs))
        for generator in (*self.weight_convs, self.last_weight, *self.biases):
            nn.init.kaiming_normal_(generator.weight)

    def forward(self, fused: Tensor) -> TargetWeights:
        hidden = self.dropout(self.squeeze(fused))
        overall = hidden.mean(dim=(2, 3))
        weights = [
            # contiguous: in channels-last memory the numbers of one map would not lie side by side
            conv(hidden).contiguous().reshape(-1, size_out, size_in)
            for conv, size_in, size_out in zip(self.weight_convs, TARGET_SIZES[:4], TARGET_SIZES[1:5], strict=True)
        ]
        weights.append(self.last_weight(overall).reshape(-1, self.outputs, TARGET_SIZES[4]))
        return TargetWeights(weights, [bias(overall) for bias in self.biases])


class TargetNetwork(nn.Module):
    """Runs each image's own network on its own vector; it has no parameters."""

    def __init__(self, dropout_rate: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout_rate)

    def forward(self, vector: Tensor, target: TargetWeights) -> Tensor:
        """(B, 224) and the weights to (B,) scores, or (B, outputs), in float32: bf16 would round scores to 8 bits."""
        with torch.autocast(vector.device.type, enabled=False):
            state = vector.float().unsqueeze(2)
            last = len(target.weights) - 1
            for layer, (weight, bias) in enumerate(zip(target.weights, target.biases, strict=True)):
                state = torch.baddbmm(bias.float().unsqueeze(2), weight.float(), state)
                if layer < last:
                    state = torch.sigmoid(state)
                if layer < last - 1:
                    state = self.dropout(state)
            return state[:, 0, 0] if state.shape[1] == 1 else state[:, :, 0]
