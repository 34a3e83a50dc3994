"""Splits for data sets without official ones.

They depend on the data and `--split_seed` alone, not on a run's seed: all runs of one split seed compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from training.datasets.base import Item
from training.seed import stream

FRACTIONS = {"train": 0.7, "val": 0.1, "test": 0.2}
"""KonIQ-10k's own proportions."""


def hold_out(
    items: Sequence[Item], source: str, target: str, fraction: float, *, left: int = 1, split_seed: int = 0
) -> list[Item]:
    """Move about `fraction` of the images of split `source` to `target`, whole groups at a time.

    Args:
        left: how many groups stay in `source` at least; if it has no more than those, one group is moved anyway.
        split_seed: each draws other groups.
    """
    pool = [item for item in items if item.split == source]
    moved = _draw_groups(pool, round(len(pool) * fraction), stream(split_seed, "split", f"{source} to {target}"), left)
    return [replace(item, split=target) if item.split == source and item.group in moved else item for item in items]


def split_anew(items: Sequence[Item], split_seed: int = 0) -> list[Item]:
    """Put every image into train, val or test by `FRACTIONS`, whole groups at a time."""
    everything = [replace(item, split="train") for item in items]
    count = len(everything)
    # two groups stay: one of them is for validation
    with_test = hold_out(everything, "train", "test", FRACTIONS["test"], left=2, split_seed=split_seed)
    left = sum(item.split == "train" for item in with_test)
    return hold_out(with_test, "train", "val", min(1.0, FRACTIONS["val"] * count / max(left, 1)), split_seed=split_seed)


def _draw_groups(pool: Sequence[Item], wanted: int, draw: np.random.Generator, left: int) -> set[str]:
    """Groups in drawn order until they hold `wanted` images or `left` groups remain; at least one, and never all."""
    sizes: dict[str, int] = {}
    for item in pool:
        sizes[item.group] = sizes.get(item.group, 0) + 1
    names = sorted(sizes)
    drawn: set[str] = set()
    held = 0
    most = max(len(names) - left, min(1, len(names) - 1))
    for number in draw.permutation(len(names))[:most]:
        if drawn and held >= wanted:
            break
        drawn.add(names[number])
        held += sizes[names[number]]
    return drawn


def reach(items: Sequence[Item]) -> tuple[float, float]:
    """From the smallest to the largest label outside the test split; of all if those do not differ."""
    labels = {item.mos for item in items if item.split != "test"}
    if len(labels) < 2:
        labels = {item.mos for item in items}
    return min(labels), max(labels)
