"""Which run has which device until when, if these runs were launched now: what a forecast draws.

Only what is free is counted, and what a run of known length frees. Queued runs keep their place before a launch.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from iqa_tui.plans.forecast import Fleet
from iqa_tui.plans.plan import Plan
from iqa_tui.plans.priority import priority_rank
from iqa_tui.plans.simulate import Busy, Job, Placement, simulate

REPETITION = re.compile(r"(.*?)(?: (split \d+)?(?(2) )seed (\d+))?", re.DOTALL)
"""The id of a job: its row and the values that it tries, its split, its seed."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One run on one device."""

    name: str
    """`F2`, `F2·s1` with several seeds, `F2·s1 split 3` with random splits."""
    look: int
    """Number of its colour, the same as on the other screens."""
    start_hours: float
    """From now."""
    end_hours: float
    is_new: bool = True
    """False: it runs or is queued already."""


@dataclass(frozen=True, slots=True)
class GoingOn:
    """What the devices do already, and what waits for one."""

    running: Mapping[str, Bar] = field(default_factory=dict)
    """Key of a device to its run, for each run whose end is known."""
    waiting: tuple[tuple[Job, Bar], ...] = ()
    """Queued runs that start by themselves, in their order, with their looks; the hours of the bars count for nothing.
    """


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One device of a forecast."""

    label: str
    bars: tuple[Bar, ...] = ()
    """By time."""
    words: str = ""
    """Why no run of the launch gets it; empty if one may."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """A forecast of one launch."""

    rows: tuple[DeviceRow, ...] = ()
    total_hours: float = 0.0
    """Until the launch's last run ends; 0 if nothing is ticked."""
    begins_later: bool = False
    """The hours count from when a device gets free, which is not known."""
    words: str = ""
    """What is known instead of times; empty if they are known."""
    starts: str = ""
    """When Slurm would start a job, in words; empty if that is not asked."""


def place_launch(
    jobs: Sequence[Job], waiting: Sequence[Job], until_hours: Sequence[float], strategy: str
) -> list[Placement]:
    """Place the runs of a launch, and those that wait already, on devices.

    Args:
        jobs: of the launch, in the order in which they start.
        waiting: in the order in which they start; of one priority, they start before the launch's.
        until_hours: of each device, at least one, when it gets free; 0: it is.
        strategy: of the launch, one of `STRATEGIES`.
    """
    devices = [Busy(hours) for hours in until_hours]
    if strategy == "all":
        return simulate(sorted([*waiting, *jobs], key=lambda job: priority_rank(job.priority)), devices, "all")
    before = simulate(waiting, devices, "all")
    ends = list(until_hours)
    for placement in before:
        ends[placement.device] = max(ends[placement.device], placement.end_hours)
    if strategy == "priority":
        return before + simulate(jobs, [Busy(end) for end in ends], strategy)
    needed = max((job.devices for job in jobs), default=1)
    first = sorted(range(len(ends)), key=lambda device: (ends[device], device))[:needed]
    alone = simulate(jobs, [Busy(ends[device]) for device in first], strategy)
    return before + [replace(placement, device=first[placement.device]) for placement in alone]


def device_rows(
    fleet: Fleet, placed: Sequence[Placement], looks: Mapping[str, Bar], running: Mapping[str, Bar]
) -> tuple[DeviceRow, ...]:
    """One row a counted device, in the order of the fleet.

    Args:
        looks: id of a job to the bar that has its name and look.
        running: label of a device to what it does now.
    """
    bars: dict[str, list[Bar]] = {label: [running[label]] if label in running else [] for label in fleet.devices}
    for placement in placed:
        bar = replace(looks[placement.job_id], start_hours=placement.start_hours, end_hours=placement.end_hours)
        bars[fleet.devices[placement.device]].append(bar)
    return tuple(DeviceRow(label, tuple(each)) for label, each in bars.items())


def looks_of(plan: Plan | None, jobs: Sequence[Job]) -> dict[str, Bar]:
    """Id of a job of a launch to its name and look, which the place of its row in the plan gives."""
    places = {each.id: place for place, each in enumerate(plan.experiments if plan else ())}
    looks = {}
    for job in jobs:
        tried, split, seed = REPETITION.fullmatch(job.id).groups("")  # type: ignore[union-attr]  # every name matches
        name = f"{tried}·s{seed} {split}".rstrip() if seed else tried
        looks[job.id] = Bar(name, places.get(tried.partition(" ")[0], 0), 0.0, job.hours)
    return looks
