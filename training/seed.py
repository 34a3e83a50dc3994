"""Everything random follows from `--seed`, and each use has a stream of its own.

A stream is named by its purpose, so drawing more from one never moves another: data order and crops depend on seed
and epoch alone, test crops on seed and image alone.
"""

from __future__ import annotations

import random
import zlib

import numpy as np


def stream(seed: int, *purpose: str | int) -> np.random.Generator:
    """The generator for one purpose, for example `stream(42, "train", epoch)`. Same arguments, same numbers."""
    words = [word if isinstance(word, int) else zlib.crc32(word.encode()) for word in purpose]
    return np.random.default_rng(np.random.SeedSequence([seed, *words]))


def seed_network(seed: int) -> None:
    """Seed what a network draws from: initial weights, dropout, stochastic depth. Data never draws from these."""
    import torch  # noqa: PLC0415  a login node looks at data without it

    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - libraries below us may draw from the global generator
    torch.manual_seed(seed)
