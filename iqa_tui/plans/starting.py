"""Which runs of a launch start at once and which wait, in the words of the question before it."""

from __future__ import annotations

from collections.abc import Sequence

from iqa_tui.plans.choice import LaunchChoice
from iqa_tui.plans.forecast import jobs_of
from iqa_tui.plans.simulate import SECONDS_PER_HOUR, starting_order
from iqa_tui.plans.timeline import looks_of, place_launch
from iqa_tui.words.durations import duration_words

MOST_NAMED = 8


def starting_words(choice: LaunchChoice) -> list[str]:
    """`start now: F2 on GPU 0` and `wait: F3, F4 (the first for 45 min)`; [] if the devices are not looked up yet,
    or if Slurm gives them.

    Raises:
        ValueError: as `LaunchChoice.request`.
    """
    if choice.partition is not None:
        return []  # the summary says what Slurm is asked for
    fleet = choice.fleet()
    if choice.devices is None:
        return []
    jobs = sorted(jobs_of(choice.request()), key=starting_order)
    names = {job_id: bar.name for job_id, bar in looks_of(choice.plan, jobs).items()}
    if not fleet.devices:
        return [f"wait: all {len(jobs)}, until a device is restored"]
    waiting = [job for job, _ in choice.going_on.waiting]
    placed = place_launch(jobs, waiting, fleet.until_hours, choice.strategy)
    own = sorted((each for each in placed if each.job_id in names), key=lambda each: each.start_hours)
    at_once = [each for each in own if each.start_hours == 0 and fleet.devices[each.device] in fleet.free]
    later = [each for each in own if each not in at_once]
    lines = []
    if at_once:
        told = [f"{names[each.job_id]} on {fleet.devices[each.device]}" for each in at_once]
        lines.append(f"start now: {_listed(told)}")
    if later:
        until = "until a device is free"
        if fleet.free or fleet.ending:
            until = f"the first about {duration_words(later[0].start_hours * SECONDS_PER_HOUR)}"
        lines.append(f"wait: {_listed(list(dict.fromkeys(names[each.job_id] for each in later)))} ({until})")
    if waiting:
        lines.append(f"queued before them or between them: {len(waiting)}")
    return lines


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
