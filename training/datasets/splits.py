"""Splits for data sets without official ones. They depend on the data alone, not on a run's seed: all runs compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from training.datasets.base import Item
from training.seed import stream

FRACTIONS = {"train": 0.7, "val": 0.1, "test": 0.2}
"""KonIQ-10k's own proportions."""


def hold_out(items: Sequence[Item], source: str, target: str, fraction: float, *, left: int = 1) -> list[Item]:
    """Move about `fraction` of the images of split `source` to `target`, whole groups at a time.

    Args:
        left: how many groups stay in `source` at least; if it has no more than those, one group is moved anyway.
    """
    pool = [item for item in items if item.split == source]
    moved = _draw_groups(pool, round(len(pool) * fraction), f"{source} to {target}", left)
    return [replace(item, split=target) if item.split == source and item.group in moved else item for item in items]


def split_anew(items: Sequence[Item]) -> list[Item]:
    """Put every image into train, val or test by `FRACTIONS`, whole groups at a time."""
    everything = [replace(item, split="train") for item in items]
    count = len(everything)
    with_test = hold_out(everything, "train", "test", FRACTIONS["test"], left=2)  # one of them for validation
    left = sum(item.split == "train" for item in with_test)
    return hold_out(with_test, "train", "val", min(1.0, FRACTIONS["val"] * count / max(left, 1)))


def _draw_groups(pool: Sequence[Item], wanted: int, purpose: str, left: int) -> set[str]:
    """Groups in drawn order until they hold `wanted` images or `left` groups remain; at least one, and never all."""
    sizes: dict[str, int] = {}
    for item in pool:
        sizes[item.group] = sizes.get(item.group, 0) + 1
    names = sorted(sizes)
    drawn: set[str] = set()
    held = 0
    most = max(len(names) - left, min(1, len(names) - 1))
    for number in stream(0, "split", purpose).permutation(len(names))[:most]:
        if drawn and held >= wanted:
            break
        drawn.add(names[number])
        held += sizes[names[number]]
    return drawn
