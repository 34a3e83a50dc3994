"""A group of runs as one thing: how far it is, how long it has left, and whether one code made all of it."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from iqa_tui.monitor.pace import time_left
from iqa_tui.monitor.state import RunState
from iqa_tui.plans.priority import priority_rank
from iqa_tui.words.durations import duration_words
from iqa_tui.words.waits import Wait
from training.runfolder.phase import Phase

SECONDS_PER_HOUR = 3600.0
SHORTEST_HOURS = 1e-9
"""Less is no expectation, and what is divided by it may be no number any more."""


@dataclass(frozen=True, slots=True)
class GroupProgress:
    """How far a group is, in runs. One that ended without a result counts until another was launched in its place."""

    group: str
    finished: int
    alive: int
    queued: int
    """That start by themselves."""
    over: int
    """Ended without a result."""
    seconds_left: float | None
    """Until the last of them ends, the held ones left out; None where too little is known, or nothing is to come."""
    held: int = 0
    """Queued, but to start once somebody releases them."""
    elsewhere: int = 0
    """Queued, but not by this user on this host: to start once they are adopted."""

    @property
    def total(self) -> int:
        return self.finished + self.alive + self.queued + self.held + self.elsewhere + self.over

    @property
    def words(self) -> str:
        """`7 of 15 finished, 2 running, 6 queued, 2.3 h left`."""
        parts = [f"{self.finished} of {self.total} finished"]
        parts += [f"{self.alive} running"] if self.alive else []
        parts += [f"{self.queued} queued"] if self.queued else []
        parts += [f"{self.held} held"] if self.held else []
        parts += [f"{self.elsewhere} queued elsewhere"] if self.elsewhere else []
        parts += [f"{self.over} without a result"] if self.over else []
        parts += [f"{duration_words(self.seconds_left)} left"] if self.seconds_left is not None else []
        return ", ".join(parts)

    @property
    def short_words(self) -> str:
        """`7 of 15 finished, 2.3 h left`."""
        left = f", {duration_words(self.seconds_left)} left" if self.seconds_left is not None else ""
        return f"{self.finished} of {self.total} finished{left}"


def group_progress(states: Iterable[RunState], now: float, starting: int = 0) -> GroupProgress:
    """Args:
    states: the runs of one group.
    now: unix seconds.
    starting: how many of its queued runs start next, for there is a device or a share of one for each of them; see
        `starting_next`.
    """
    known = list(states)
    counted = _that_count(known)
    alive = [state for state in counted if state.phase.is_alive]
    waiting = [state for state in counted if state.phase is Phase.QUEUED]
    queued = [state for state in waiting if not (state.status.held or state.status.elsewhere)]
    return GroupProgress(
        group=known[0].group if known else "",
        finished=sum(state.phase is Phase.FINISHED for state in counted),
        alive=len(alive),
        queued=len(queued),
        over=sum(state.phase.ended_without_result for state in counted),
        seconds_left=_seconds_left(counted, alive, queued, now, starting),
        held=sum(state.status.held for state in waiting),
        elsewhere=sum(state.status.elsewhere and not state.status.held for state in waiting),
    )


def _that_count(states: Sequence[RunState]) -> list[RunState]:
    """Every run but those that ended without a result and in whose place another was launched since."""
    last_launch: dict[object, float] = {}
    for state in states:
        last_launch[_cell(state)] = max(last_launch.get(_cell(state), 0.0), state.spec.created if state.spec else 0.0)
    return [
        state
        for state in states
        if not state.phase.ended_without_result or last_launch[_cell(state)] <= _over_since(state)
    ]


def _over_since(state: RunState) -> float:
    created = state.spec.created if state.spec else 0.0
    return max(created, state.exit.ended) if state.exit else created


def _cell(state: RunState) -> object:
    """What launching again would measure again."""
    return (state.experiment, state.spec.seed) if state.spec and state.experiment else state.run_id


def starting_next(states: Iterable[RunState], waiting: Mapping[str, Wait]) -> int:
    """How many of these runs start next.

    Args:
        waiting: run id to why it waits.
    """
    return sum(state.run_id in waiting and waiting[state.run_id].starts_next for state in states)


def _seconds_left(
    states: Sequence[RunState], alive: Sequence[RunState], queued: Sequence[RunState], now: float, starting: int
) -> float | None:
    """Each queued run, in the order in which they start, in the place that is free first."""
    if not alive and not queued:
        return None
    factor = _factor(states, now)
    ends = [(priority_rank(state.priority), left) for state in alive if (left := _left(state, now, factor)) is not None]
    waiting = [
        (priority_rank(state.priority), state.spec.created if state.spec else 0.0, expected)
        for state in queued
        if (expected := _expected(state, factor) or _typical(states))
    ]
    if len(ends) < len(alive) or len(waiting) < len(queued):
        return None
    places = [seconds for _, seconds in ends] + [0.0] * starting
    strategies = {state.spec.strategy for state in queued if state.spec}
    if "sequential" in strategies:
        places = [max(places, default=0.0)]
    heapq.heapify(places := places or [0.0])  # where none is known to be free, one will be
    for rank, _, expected in sorted(waiting, key=lambda run: (run[0], run[1], -run[2])):
        higher = (seconds for before, seconds in ends if before < rank)
        earliest = max(higher, default=0.0) if "priority" in strategies else 0.0
        end = max(heapq.heappop(places), earliest) + expected
        heapq.heappush(places, end)
        ends.append((rank, end))
    return max(seconds for _, seconds in ends)


def _factor(states: Sequence[RunState], now: float) -> float:
    """How much longer runs take than their plan says, from those that are over or far enough to tell; 1 before."""
    ratios = []
    for state in states:
        expected = _expected(state, 1.0)
        took = _whole_seconds(state, now)
        if expected and took:
            ratios.append(took / expected)
    return median(ratios) if ratios else 1.0


def _whole_seconds(state: RunState, now: float) -> float | None:
    """What a run took, or will have taken at its pace; None where that is not known."""
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


def _typical(states: Sequence[RunState]) -> float | None:
    """What finished runs of the group took, for one whose plan says nothing."""
    took = [seconds for state in states if state.phase is Phase.FINISHED and (seconds := state.elapsed_seconds(0.0))]
    return median(took) if took else None


def by_group(states: Iterable[RunState]) -> dict[str, list[RunState]]:
    """In the order in which they come."""
    groups: dict[str, list[RunState]] = {}
    for state in states:
        groups.setdefault(state.group, []).append(state)
    return groups
