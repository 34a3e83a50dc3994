"""When queued runs have their turn, and how it is said of the next. Alone here, as the app's first paint needs it and
nothing around it.
"""

from __future__ import annotations

PRIORITIES = ("high", "medium", "low")
"""The first starts first."""
STARTS_NEXT = "starts next"
"""How the reason of a run begins that a device is free for."""


def priority_rank(priority: str) -> int:
    """What starts first has the lowest. A priority of a later version counts as medium."""
    return PRIORITIES.index(priority if priority in PRIORITIES else "medium")


def starts_next(reason: str) -> bool:
    """Whether a run's reason to wait is only that nobody has started it yet."""
    return reason.startswith(STARTS_NEXT)
