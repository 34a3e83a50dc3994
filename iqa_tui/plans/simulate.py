"""What would run where, and how long it takes.

One rule: by priority, longest first within a priority, on the next free device.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from iqa_tui.plans.priority import priority_rank

STRATEGIES = ("all", "sequential", "priority")
"""`all`: one run a device. `sequential`: one device. `priority`: a priority starts when the one before it has ended."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run to be placed."""

    id: str
    hours: float
    priority: str = "medium"
    order: int = 0
    """Place in the plan; decides between equals."""


@dataclass(frozen=True, slots=True)
class Placement:
    """One run on one device."""

    job_id: str
    device: int
    """Counted from 0."""
    start_hours: float
    """From now."""
    end_hours: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """All runs, in the order in which they start."""

    total_hours: float
    placements: tuple[Placement, ...]


def schedule(jobs: Sequence[Job], devices: int, strategy: str) -> Schedule:
    """Place every job on the device that is free first.

    Args:
        jobs: in any order.
        devices: at least 1.
        strategy: one of `STRATEGIES`.

    Raises:
        ValueError: no device, or an unknown strategy.
    """
    if devices < 1:
        raise ValueError(f"{devices} devices cannot run anything")
    if strategy not in STRATEGIES:
        raise ValueError(f"there is no strategy {strategy!r}; use one of {', '.join(STRATEGIES)}")
    free = [(0.0, device) for device in range(1 if strategy == "sequential" else devices)]
    placements: list[Placement] = []
    barrier, priority = 0.0, ""
    for job in sorted(jobs, key=starting_order):
        if strategy == "priority" and job.priority != priority:
            barrier, priority = max((hours for hours, _ in free), default=0.0), job.priority
        hours, device = heapq.heappop(free)
        start = max(hours, barrier)
        placements.append(Placement(job.id, device, start, start + job.hours))
        heapq.heappush(free, (start + job.hours, device))
    return Schedule(max((placement.end_hours for placement in placements), default=0.0), tuple(placements))


def starting_order(job: Job) -> tuple[int, float, int, str]:
    """Sort key: what starts first comes first."""
    return priority_rank(job.priority), -job.hours, job.order, job.id
