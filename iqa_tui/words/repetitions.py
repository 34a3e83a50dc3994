"""How the runs of one experiment are told apart, and how many there are: by seed, and by random split of the data.

A split is named by its `--split_seed`. None stands for the split that a data set has if no other is asked for: it has
no name.
"""

from __future__ import annotations

from collections.abc import Collection


def repetition_words(seed: int, split: int | None) -> str:
    """`seed 1`, `split 3 seed 1`."""
    return f"seed {seed}" if split is None else f"split {split} seed {seed}"


def short_repetition(seed: int, split: int | None) -> str:
    """`s1`, `s1 split 3`."""
    return f"s{seed}" if split is None else f"s{seed} split {split}"


def seeds_words(seeds: Collection[int]) -> str:
    """`seed 1`, `seeds 1, 2, 3`, each once; empty for none."""
    found = sorted(set(seeds))
    return f"seed{'s' if len(found) > 1 else ''} {', '.join(map(str, found))}" if found else ""


def repetitions_words(seeds: Collection[int], splits: Collection[int]) -> str:
    """`seeds 1, 2, 3`, `10 splits, seed 1`.

    Args:
        seeds: of the runs.
        splits: of the runs; one, or none, is not named.
    """
    several = f"{len(set(splits))} splits" if len(set(splits)) > 1 else ""
    return ", ".join(words for words in (several, seeds_words(seeds)) if words)
