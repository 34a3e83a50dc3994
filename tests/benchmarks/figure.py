"""One figure, one line."""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path


def report(
    name: str,
    value: float,
    unit: str,
    against: str,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> None:
    """Print a figure as one JSON line; if there is an aim, with the aim and whether it is met here.

    Args:
        value: a measurement in `unit`; for a ratio, how many times `against`.
    """
    figure: dict[str, object] = {"name": name, "value": round(value, 4), "unit": unit, "against": against}
    if at_least is not None:
        figure |= {"aim": f"≥ {at_least:g}", "met": value >= at_least}
    if at_most is not None:
        figure |= {"aim": f"≤ {at_most:g}", "met": value <= at_most}
    print(json.dumps(figure, ensure_ascii=False), flush=True)


def median_seconds_in_turns(
    first: Callable[[], object],
    second: Callable[[], object],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[float, float]:
    """Median time of each, measured in turns so that a busy moment of a shared machine falls on both.

    With `time.process_time` as the clock moments in which others have the processor do not count: for what one thread
    does.
    """
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for action, times in zip((first, second), taken, strict=True):
            start = clock()
            action()
            times.append(clock() - start)
    return statistics.median(taken[0]), statistics.median(taken[1])


def status_bytes(name: str) -> int:
    """VmRSS: now; VmHWM: the highest since it was last forgotten."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) << 10
    raise LookupError(name)


def compiled_once() -> dict[str, str]:
    """The environment of a program whose modules are compiled once, as Textual's are: some shells forbid it."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
