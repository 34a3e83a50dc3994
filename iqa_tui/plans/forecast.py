"""The jobs of a launch and the devices that they may count on, for the simulation."""

from __future__ import annotations

from dataclasses import dataclass

from iqa_tui.plans.request import LaunchRequest
from iqa_tui.plans.simulate import Job

UNKNOWN_HOURS = 1.0
"""The length of a run whose plan does not give one."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """The devices of a forecast: those that are free now; if none is, those that will be, from then on."""

    free: tuple[str, ...]
    """Labels, for example `GPU 0`."""
    busy: tuple[str, ...] = ()
    """How long they stay so is not known, so they are not counted while another is free."""

    @property
    def devices(self) -> tuple[str, ...]:
        """Those that are counted."""
        return self.free or self.busy

    @property
    def begin_words(self) -> str:
        """When the first runs begin."""
        return "now" if self.free else "once free"

    @property
    def short_words(self) -> str:
        """What follows `2 devices`: nothing if none is busy."""
        return "" if not self.busy else " free now" if self.free else ", once free"

    @property
    def words(self) -> str:
        """`GPU 2 and GPU 3 are busy and not counted`; empty if none is busy."""
        if not self.busy:
            return ""
        named = f"{', '.join(self.busy[:-1])} and {self.busy[-1]}" if len(self.busy) > 1 else self.busy[0]
        are, they_are = ("are", "they are") if len(self.busy) > 1 else ("is", "it is")
        return f"{named} {are} busy " + ("and not counted" if self.free else f"and counted from when {they_are} free")


def jobs_of(request: LaunchRequest) -> list[Job]:
    """One job a run; ids are `F2`, or `F2 seed 1` with several seeds. None takes longer than the time limit.

    Raises:
        PlanError: an experiment that is not in the plan.
        ValueError: in words, if the seeds are no numbers.
    """
    seeds, limit = request.seeds_or_default(), request.time_limit()
    jobs: list[Job] = []
    for seed in seeds:
        for experiment in request.chosen():
            name = experiment.id if len(seeds) == 1 else f"{experiment.id} seed {seed}"
            hours = UNKNOWN_HOURS if experiment.expected_hours is None else experiment.expected_hours
            jobs.append(Job(name, hours if limit is None else min(hours, limit), experiment.priority, len(jobs)))
    return jobs
