"""One figure, one line."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable


def report(name: str, value: float, unit: str, against: str) -> None:
    """Print a figure as one JSON line.

    Args:
        value: a measurement in `unit`; for a ratio, how many times `against`.
    """
    print(json.dumps({"name": name, "value": round(value, 4), "unit": unit, "against": against}), flush=True)


def median_seconds_in_turns(
    first: Callable[[], object], second: Callable[[], object], rounds: int
) -> tuple[float, float]:
    """Median time of each, measured in turns so that a busy moment of a shared machine falls on both."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for action, times in zip((first, second), taken, strict=True):
            start = time.perf_counter()
            action()
            times.append(time.perf_counter() - start)
    return statistics.median(taken[0]), statistics.median(taken[1])
