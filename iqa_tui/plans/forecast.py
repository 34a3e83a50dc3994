"""The jobs of a launch, for the simulation."""

from __future__ import annotations

from iqa_tui.plans.request import LaunchRequest
from iqa_tui.plans.simulate import Job

UNKNOWN_HOURS = 1.0
"""The length of a run whose plan does not give one."""


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
