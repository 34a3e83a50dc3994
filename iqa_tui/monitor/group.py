"""A group of runs as one thing: how far it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iqa_tui.monitor.tuning import trial_values, values_words
from iqa_tui.words.durations import duration_words
from training.runfolder.phase import Phase

if TYPE_CHECKING:
    from iqa_tui.monitor.state import RunState
    from iqa_tui.words.waits import Wait


@dataclass(frozen=True, slots=True)
class GroupProgress:
    """How far a group is, in runs. One that ended without a result counts until another was launched in its place."""

    group: str
    finished: int
    alive: int
    queued: int
    """Those that start by themselves."""
    over: int
    """Ended without a result."""
    seconds_left: float | None
    """Until the last of them ends, the held ones left out; None if too little is known, or nothing is to come."""
    held: int = 0
    """Queued, but a user must release them first."""
    elsewhere: int = 0
    """Queued, but not by this user on this host: the user must adopt them first."""
    recorded: int = 0
    """Measured elsewhere; none of the others."""
    trials: int = 0
    """Tuning runs, which are none of the others."""
    trials_done: int = 0
    """Of them, those that have finished."""
    trials_failed: int = 0
    """Of them, those that ended without a score."""
    phases: Mapping[str, int] = field(default_factory=dict)
    """The state of a run to how many are in it; states that no run is in are left out."""

    @property
    def total(self) -> int:
        return self.finished + self.alive + self.queued + self.held + self.elsewhere + self.over

    @property
    def words(self) -> str:
        """`7 of 15 finished, 1 starting, 2 running, 4 queued, 1 failed, 2.3 h left`."""
        parts = [f"{self.finished} of {self.total} finished"] if self.total or not self.recorded else []
        parts += self._count_words(phase for phase in Phase if phase.is_alive)
        parts += [f"{self.queued} queued"] if self.queued else []
        parts += [f"{self.held} held"] if self.held else []
        parts += [f"{self.elsewhere} queued elsewhere"] if self.elsewhere else []
        parts += self._count_words(phase for phase in Phase if phase.ended_without_result)
        parts += [f"{self.recorded} recorded"] if self.recorded else []
        parts += [f"{duration_words(self.seconds_left)} left"] if self.seconds_left is not None else []
        return ", ".join(parts)

    @property
    def is_tuning(self) -> bool:
        """Whether tuning runs have not ended yet."""
        return self.trials > self.trials_done + self.trials_failed

    @property
    def tuning_words(self) -> str:
        """`tuning 12 of 20`: how many are done; empty without tuning runs."""
        return f"tuning {self.trials_done} of {self.trials}" if self.trials else ""

    @property
    def short_words(self) -> str:
        """`7 of 15 finished, 2.3 h left`."""
        left = f", {duration_words(self.seconds_left)} left" if self.seconds_left is not None else ""
        if self.recorded and not self.total:
            return f"{self.recorded} recorded"
        return f"{self.finished} of {self.total} finished{left}"

    def _count_words(self, phases: Iterable[Phase]) -> list[str]:
        return [f"{self.phases[phase]} {phase}" for phase in phases if phase in self.phases]


def group_progress(states: Iterable[RunState], now: float, starting: int = 0) -> GroupProgress:
    """Args:
    states: the runs of one group.
    now: unix seconds.
    starting: how many of its queued runs start next, see `starting_next`.
    """
    # the app's first paint has no runs, and needs none of what simulates a queue
    from iqa_tui.monitor.group_time import seconds_left, starts_by_itself  # noqa: PLC0415

    known = list(states)
    to_come = _that_count([state for state in known if not state.status.recorded])
    counted = [state for state in to_come if not state.is_trial]
    trials = [state for state in to_come if state.is_trial]
    waiting = [state for state in counted if state.phase is Phase.QUEUED]
    return GroupProgress(
        group=known[0].group if known else "",
        finished=sum(state.phase is Phase.FINISHED for state in counted),
        alive=sum(state.phase.is_alive for state in counted),
        queued=sum(map(starts_by_itself, counted)),
        over=sum(state.phase.ended_without_result for state in counted),
        seconds_left=seconds_left(to_come, now, starting),
        held=sum(state.status.held for state in waiting),
        elsewhere=sum(state.status.elsewhere and not state.status.held for state in waiting),
        recorded=sum(state.status.recorded for state in known),
        trials=len(trials),
        trials_done=sum(state.phase is Phase.FINISHED for state in trials),
        trials_failed=sum(state.phase.ended_without_result for state in trials),
        phases={phase.value: count for phase, count in sorted(Counter(state.phase for state in counted).items())},
    )


def _that_count(states: Sequence[RunState]) -> list[RunState]:
    """Every run but those that ended without a result and were launched again since."""
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
    """What another launch would measure again."""
    spec = state.spec
    if spec is None or not state.experiment:
        return state.run_id
    return state.experiment, spec.split_seed, spec.seed, values_words(trial_values(spec.trial))


def starting_next(states: Iterable[RunState], waiting: Mapping[str, Wait]) -> int:
    """How many of these runs start next.

    Args:
        waiting: run id to why it waits.
    """
    return sum(state.run_id in waiting and waiting[state.run_id].starts_next for state in states)


def by_group(states: Iterable[RunState]) -> dict[str, list[RunState]]:
    """In the order in which they come."""
    groups: dict[str, list[RunState]] = {}
    for state in states:
        groups.setdefault(state.group, []).append(state)
    return groups
