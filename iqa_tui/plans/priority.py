"""The priorities, and which starts first. A file of its own: the app's first paint needs it and nothing else."""

from __future__ import annotations

PRIORITIES = ("high", "medium", "low")
"""The first starts first."""


def priority_rank(priority: str) -> int:
    """What starts first has the lowest. A priority of a later version counts as medium."""
    return PRIORITIES.index(priority if priority in PRIORITIES else "medium")
