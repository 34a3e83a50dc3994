"""The jobs of a launch and the devices that they may count on, for the simulation."""

from __future__ import annotations

from dataclasses import dataclass

from iqa_tui.plans.flags import trial_text
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.plans.simulate import SECONDS_PER_HOUR, Job
from iqa_tui.words.durations import duration_words

UNKNOWN_HOURS = 1.0
"""The length of a run whose plan does not give one."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """The devices of a forecast: those that are free or get free at a known time; if none is, those that will be."""

    free: tuple[str, ...]
    """Labels, for example `GPU 0`."""
    busy: tuple[str, ...] = ()
    """How long they stay so is not known, so they are not counted while another is free."""
    ending: tuple[tuple[str, float], ...] = ()
    """Label and hours from now: they are busy, and their runs end then."""

    @property
    def devices(self) -> tuple[str, ...]:
        """Those that are counted."""
        return self.free + tuple(label for label, _ in self.ending) or self.busy

    @property
    def until_hours(self) -> tuple[float, ...]:
        """When each of `devices` gets free, from now, or from when the busy ones are."""
        return (*(0.0 for _ in self.free), *(hours for _, hours in self.ending)) or (0.0,) * len(self.busy)

    @property
    def begin_words(self) -> str:
        """When the first runs begin."""
        return "now" if self.free else "once free"

    @property
    def short_words(self) -> str:
        """What follows `2 devices`: nothing if none is busy, or if it is known when they get free."""
        return "" if not self.busy or self.ending else " free now" if self.free else ", once free"

    @property
    def words(self) -> str:
        """`GPU 1 gets free in 45 min; GPU 2 and GPU 3 are busy and not counted`; empty if none is busy."""
        parts = [f"{label} gets free {_in_words(hours)}" for label, hours in self.ending]
        if self.busy:
            named = f"{', '.join(self.busy[:-1])} and {self.busy[-1]}" if len(self.busy) > 1 else self.busy[0]
            are, they_are = ("are", "they are") if len(self.busy) > 1 else ("is", "it is")
            is_left_out = self.free or self.ending
            counted = "and not counted" if is_left_out else f"and counted from when {they_are} free"
            parts.append(f"{named} {are} busy {counted}")
        return "; ".join(parts)


def _in_words(hours: float) -> str:
    """A run that takes longer than expected has nothing left."""
    seconds = hours * SECONDS_PER_HOUR
    return f"in {duration_words(seconds)}" if seconds >= 1 else "any moment"


def jobs_of(request: LaunchRequest) -> list[Job]:
    """One job a run; ids are `F2`, or `F2 seed 1`, `F2 split 3 seed 1` with several of them; of tuning runs
    `F2 lr=1e-5`, or `F2 lr=1e-5 seed 1`. None takes longer than the time limit.

    Raises:
        PlanError: an experiment that is not in the plan.
        ValueError: in words, if the seeds or the splits are no numbers.
    """
    repetitions, limit = request.repetitions(), request.time_limit()
    jobs: list[Job] = []
    tried: dict[tuple[str, int | None], tuple[str, ...]] = {}
    trials = request.trials()
    several = len({trial.repetition for trial in trials}) > 1
    for experiment, values, repetition in trials:
        name = f"{experiment.id} {trial_text(values)}" + (f" {repetition.words}" if several else "")
        key = experiment.id, repetition.split
        tried[key] = (*tried.get(key, ()), name)
        hours = _limited(request.trial_hours(experiment), limit)
        jobs.append(Job(name, hours, experiment.priority, len(jobs), is_trial=True, devices=experiment.gpus))
    for repetition in repetitions:
        for experiment in request.chosen():
            name = experiment.id if len(repetitions) == 1 else f"{experiment.id} {repetition.words}"
            hours, after = _limited(experiment.expected_hours, limit), tried.get((experiment.id, repetition.split), ())
            jobs.append(Job(name, hours, experiment.priority, len(jobs), after=after, devices=experiment.gpus))
    return jobs


def _limited(hours: float | None, limit: float | None) -> float:
    expected = UNKNOWN_HOURS if hours is None else hours
    return expected if limit is None else min(expected, limit)
