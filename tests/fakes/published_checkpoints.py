"""Checkpoints of the published network whose every number follows from its key."""

from __future__ import annotations

import math
import zlib

import torch


def filled(keys: list) -> dict[str, torch.Tensor]:
    """A state dict by the reference's rule: every number follows from its key."""
    state = {}
    for key, shape in keys:
        draw = torch.randn(shape, generator=torch.Generator().manual_seed(zlib.crc32(key.encode())))
        if len(shape) == 1:
            state[key] = (1 if key.endswith("weight") else 0) + 0.05 * draw
        else:
            state[key] = draw / math.sqrt(math.prod(shape[1:]))
    return state
