"""How long a group of runs has left."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING

from iqa_tui.monitor.pace import time_left
from iqa_tui.plans.priority import priority_rank
from iqa_tui.plans.simulate import FREE, Busy, Job, simulate
from training.runfolder.phase import Phase
from training.runfolder.tuned import trials_of

if TYPE_CHECKING:
    from iqa_tui.monitor.state import RunState

SECONDS_PER_HOUR = 3600.0


SHORTEST_HOURS = 1e-9
"""Less is no expectation, and what is divided by it may be no number any more."""


def seconds_left(states: Sequence[RunState], now: float, starting: int) -> float | None:
    """Until the last run of a group ends; None if too little is known, or nothing is to come.

    Args:
        states: the runs that count; the held ones among them are left out.
        now: unix seconds.
        starting: how many of the queued runs have a device, or a share of one, free for them.
    """
    alive = [state for state in states if state.phase.is_alive]
    queued = [state for state in states if starts_by_itself(state)]
    if (not alive and not queued) or any(state.is_of_slurm for state in queued):  # Slurm says when they start
        return None
    factor = _factor(states, now)
    known = [(state, left) for state in alive if (left := _left(state, now, factor)) is not None]
    devices = [
        Busy(left / SECONDS_PER_HOUR, state.priority or "medium") for state, left in known for _ in range(_gpus(state))
    ]
    jobs = [
        Job(
            state.run_id,
            expected / SECONDS_PER_HOUR,
            state.priority,
            after=tried_by(state),
            is_trial=state.is_trial,
            devices=_gpus(state),
        )
        for state in queued
        if (expected := _expected(state, factor) or _typical(state, states))
    ]
    if len(known) < len(alive) or len(jobs) < len(queued):
        return None
    places = devices + [FREE] * starting or [FREE]  # if none is known to be free, one will be
    going_on = {state.run_id: left / SECONDS_PER_HOUR for state, left in known}
    placements = simulate(_in_order(jobs, queued), places, _strategy_of(queued), going_on)
    ends = [device.until_hours for device in devices] + [placement.end_hours for placement in placements]
    return max(ends) * SECONDS_PER_HOUR


def run_seconds_left(state: RunState, now: float) -> float | None:
    """Until a run that is alive ends; None if neither its pace nor its plan tells."""
    return _left(state, now, 1.0)


def _gpus(state: RunState) -> int:
    """Devices that it has, or gets, together."""
    return 1 if state.spec is None else state.spec.gpus


def starts_by_itself(state: RunState) -> bool:
    """True for a queued run that no user has to release or adopt before it starts."""
    return state.phase is Phase.QUEUED and not (state.status.held or state.status.elsewhere)


def _in_order(jobs: Sequence[Job], queued: Sequence[RunState]) -> list[Job]:
    """By priority; launched first goes first; longest first within a launch."""
    created = {state.run_id: state.spec.created for state in queued if state.spec}
    return sorted(
        jobs, key=lambda job: (priority_rank(job.priority), created.get(job.id, 0.0), not job.is_trial, -job.hours)
    )


def tried_by(state: RunState) -> tuple[str, ...]:
    """The tuning runs that its value is chosen by; those that have ended keep it from nothing."""
    return () if state.spec is None or state.is_trial else trials_of(state.spec.tune)


def _strategy_of(queued: Sequence[RunState]) -> str:
    """The strictest of those with which the runs were launched."""
    strategies = {state.spec.strategy for state in queued if state.spec}
    return next((strategy for strategy in ("sequential", "priority") if strategy in strategies), "all")


def _factor(states: Sequence[RunState], now: float) -> float:
    """How much longer runs take than their plan says, from those that ended or whose pace is known; 1 before that."""
    ratios = []
    for state in states:
        expected = _expected(state, 1.0)
        took = _whole_seconds(state, now)
        if expected and took:
            ratios.append(took / expected)
    return median(ratios) if ratios else 1.0


def _whole_seconds(state: RunState, now: float) -> float | None:
    """What a run took, or will have taken at its pace; None if that is not known."""
    if state.phase is Phase.FINISHED:
        return state.elapsed_seconds(now)
    left, elapsed = time_left(state, now), state.elapsed_seconds(now)
    return elapsed + left if left is not None and elapsed is not None else None


def _left(state: RunState, now: float, factor: float) -> float | None:
    left = time_left(state, now)
    expected = _expected(state, factor)
    if left is not None or expected is None:
        return left
    return max(0.0, expected - (state.elapsed_seconds(now) or 0.0))


def _expected(state: RunState, factor: float) -> float | None:
    hours = state.spec.expected_hours if state.spec else None
    return hours * SECONDS_PER_HOUR * factor if hours and hours >= SHORTEST_HOURS else None


def _typical(state: RunState, states: Sequence[RunState]) -> float | None:
    """What finished runs of the group took, for one whose plan says nothing; of tuning runs other tuning runs."""
    alike = [other for other in states if other.phase is Phase.FINISHED and other.is_trial == state.is_trial]
    took = [seconds for other in alike if (seconds := other.elapsed_seconds(0.0))]
    return median(took) if took else None
