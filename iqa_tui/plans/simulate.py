"""What would run where, and how long it takes.

One rule: by priority, longest first within a priority, on the next free device. A plan's schedule and the time that a
group has left are the same simulation, of an empty machine and of a busy one.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from iqa_tui.plans.priority import priority_rank
from iqa_tui.words.durations import duration_words

SECONDS_PER_HOUR = 3600.0
STRATEGY_NAMES = {"all": "all at once", "sequential": "sequential", "priority": "by priority"}
STRATEGIES = tuple(STRATEGY_NAMES)
"""`all`: one run a device. `sequential`: one device. `priority`: a priority starts when the one before it has ended."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run to be placed."""

    id: str
    hours: float
    priority: str = "medium"
    order: int = 0
    """In the plan; decides between equals."""
    after: tuple[str, ...] = ()
    """Ids of the jobs that must have ended before it starts: its tuning runs."""
    is_trial: bool = False
    """A tuning run, which goes before the others of its priority."""
    devices: int = 1
    """That it gets together; it keeps those that are free while it waits for the rest."""


class Busy(NamedTuple):
    """What a device does now."""

    until_hours: float = 0.0
    """From now; 0: the device is free."""
    priority: str = ""
    """Of the run that it does; empty if it is free."""


FREE = Busy()
NOTHING: Mapping[str, float] = MappingProxyType({})


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

    @property
    def time_words(self) -> str:
        """`2.0 h`."""
        return duration_words(self.total_hours * SECONDS_PER_HOUR)

    @property
    def devices_words(self) -> str:
        """`1 device`, `2 devices`: those that get a run."""
        count = len({placement.device for placement in self.placements})
        return f"{count} device" + ("" if count == 1 else "s")


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
    placements = simulate(sorted(jobs, key=starting_order), [FREE] * devices, strategy)
    return Schedule(max((placement.end_hours for placement in placements), default=0.0), tuple(placements))


def simulate(
    jobs: Iterable[Job], devices: Sequence[Busy], strategy: str, going_on: Mapping[str, float] = NOTHING
) -> list[Placement]:
    """Place each job on the device that is free first, on as many as it gets: a placement for each.

    A job that gets more devices than there are is placed on all.

    Args:
        jobs: in the order in which they start.
        devices: at least one; with `sequential` all must be free before the first job starts, on device 0.
        strategy: one of `STRATEGIES`.
        going_on: id of what the devices do, if a job may wait for it, to the hours until it ends.
    """
    ends = [(priority_rank(device.priority), device.until_hours) for device in devices if device.priority]
    free = [(device.until_hours, number) for number, device in enumerate(devices)]
    if strategy == "sequential":
        free = [(max(hours for hours, _ in free), number) for number in range(len(devices))]
    heapq.heapify(free)
    placements: list[Placement] = []
    left = list(jobs)
    ended = {**going_on, **{job.id: math.inf for job in left}}
    while left:
        hours, device = heapq.heappop(free)
        job, ready = _next(left, ended, hours, strategy)
        left.remove(job)
        taken = [(hours, device), *(heapq.heappop(free) for _ in range(min(job.devices - 1, len(free))))]
        if strategy == "sequential":  # the others wait too
            free.clear()
        rank = priority_rank(job.priority)
        barrier = 0.0
        if strategy == "priority":
            barrier = max((end for before, end in ends if before < rank), default=0.0)
        start = max(taken[-1][0], barrier, ready)
        ended[job.id] = start + job.hours
        ends.append((rank, ended[job.id]))
        for number in sorted(number for _, number in taken):
            placements.append(Placement(job.id, number, start, ended[job.id]))
            heapq.heappush(free, (ended[job.id], number))
        if strategy == "sequential":
            free = [(ended[job.id], number) for number in range(len(devices))]
    return placements


def _next(left: Sequence[Job], ended: Mapping[str, float], hours: float, strategy: str) -> tuple[Job, float]:
    """The job that starts next on a device that is free at a time, and when what it waits for has ended: the first that
    waits for nothing then, else the one that waits for the shortest time.

    Args:
        ended: id of a job to its end; infinite if it is not placed yet. What is in it not is over.
    """
    best: tuple[Job, float] | None = None
    for job in left:
        if strategy == "priority" and best is not None and best[1] < math.inf and job.priority != best[0].priority:
            break
        ready = max((ended.get(name, 0.0) for name in job.after), default=0.0)
        if ready <= hours:
            return job, ready
        if best is None or ready < best[1]:
            best = job, ready
    assert best is not None
    return best


def starting_order(job: Job) -> tuple[int, bool, float, int, str]:
    """Sort key: what starts first comes first."""
    return priority_rank(job.priority), not job.is_trial, -job.hours, job.order, job.id
