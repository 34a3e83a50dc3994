"""What a launch would give the schedule to place."""

from __future__ import annotations

from iqa_tui.plans.request import LaunchRequest
from iqa_tui.plans.simulate import Job

UNKNOWN_HOURS = 1.0
"""What a run counts for whose plan does not say how long it takes."""


def jobs_of(request: LaunchRequest) -> list[Job]:
    """One job a run; ids are `F2`, or `F2 seed 1` where there are several seeds. None takes longer than it may.

    Raises:
        PlanError: an experiment that is not in the plan.
        ValueError: seeds that are no numbers, in words.
    """
    seeds, limit = request.seeds_or_default(), request.time_limit()
    jobs: list[Job] = []
    for seed in seeds:
        for experiment in request.chosen():
            name = experiment.id if len(seeds) == 1 else f"{experiment.id} seed {seed}"
            hours = UNKNOWN_HOURS if experiment.expected_hours is None else experiment.expected_hours
            jobs.append(Job(name, hours if limit is None else min(hours, limit), experiment.priority, len(jobs)))
    return jobs
