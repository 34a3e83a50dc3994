"""What a set of seeds says."""

from __future__ import annotations

import statistics
from collections.abc import Iterable


def mean_and_sd(values: Iterable[float | None]) -> tuple[float | None, float | None]:
    """Mean and sample standard deviation (n − 1) of what is there.

    Returns:
        (None, None) for no value, (value, None) for one: a single seed has no spread to tell of.
    """
    known = [value for value in values if value is not None]
    if not known:
        return None, None
    return statistics.fmean(known), statistics.stdev(known) if len(known) > 1 else None
