"""What a set of seeds says, and what several random splits say."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass


def mean_and_sd(values: Iterable[float | None]) -> tuple[float | None, float | None]:
    """Mean and sample standard deviation (n − 1) of what is there.

    Returns:
        (None, None) for no value, (value, None) for one: a single seed has no spread to tell of.
    """
    known = [value for value in values if value is not None]
    if not known:
        return None, None
    return statistics.fmean(known), statistics.stdev(known) if len(known) > 1 else None


@dataclass(frozen=True, slots=True)
class Spread:
    """Of a metric over the runs of a row. None: not known."""

    mean: float | None = None
    sd: float | None = None
    """None too for a single value."""
    median: float | None = None
    """Over random splits; None if there are not several."""


def spread_of(values: Iterable[tuple[int, float | None]]) -> Spread:
    """Over seeds if there is one split, else over the splits, each of which counts by the mean of its seeds.

    Args:
        values: (split seed, value) of each run.
    """
    by_split: dict[int, list[float]] = {}
    for split, value in values:
        if value is not None:
            by_split.setdefault(split, []).append(value)
    if len(by_split) < 2:
        return Spread(*mean_and_sd(value for own in by_split.values() for value in own))
    means = [statistics.fmean(own) for own in by_split.values()]
    return Spread(*mean_and_sd(means), statistics.median(means))
