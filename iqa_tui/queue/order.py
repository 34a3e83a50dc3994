"""In which order queued runs start, and which runs of a group must end first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from iqa_tui.plans.priority import priority_rank
from iqa_tui.queue.queued_run import QueuedRun, Waiting
from training.runfolder.errors import RunFolderError
from training.runfolder.read import read_record
from training.runfolder.schema import Place
from training.runfolder.tuned import trials_of


def with_given_priority(queued: QueuedRun) -> QueuedRun:
    """The run with the priority that a user gave it while it waited."""
    run, spec = queued
    try:
        place = read_record(run.place, Place)
    except RunFolderError:
        return queued
    return QueuedRun(run, replace(spec, priority=place.priority)) if place and place.priority else queued


def in_starting_order(queued: Iterable[QueuedRun]) -> list[QueuedRun]:
    """By priority; launched first goes first; tuning runs first within a launch, then the longest, then in the plan's
    order.
    """
    return sorted(queued, key=_starting_rank)


def _starting_rank(queued: QueuedRun) -> tuple[int, float, bool, float, int, str]:
    run, spec = queued
    hours = spec.expected_hours or 0.0
    return priority_rank(spec.priority), spec.created, not spec.trial, -hours, spec.order, run.run_id


def trials_before(queued: QueuedRun, waiting: Waiting) -> list[QueuedRun]:
    """The tuning runs that must end before this run's value is chosen; [] if it has one, or needs none."""
    run, spec = queued
    trials = frozenset(trials_of(spec.tune))
    if not trials:
        return []
    parts = (waiting.alive, waiting.queued, waiting.held, waiting.resumable, waiting.elsewhere)
    found = {other[0].run_id: other for part in parts for other in part if other[0].run_id in trials}
    return [] if not found or run.tuned.exists() else list(found.values())


def held_back_by(queued: QueuedRun, waiting: Waiting) -> list[QueuedRun]:
    """The runs of its group that must end first, as it is chosen by them or by its strategy; [] if it may start."""
    run, spec = queued
    if trials := trials_before(queued, waiting):
        return trials
    if spec.strategy == "sequential":
        alive = [other for other in waiting.alive if other[1].group == spec.group]
        first = next(_that_may_start(spec.group, waiting), queued)
        return alive or ([] if first[0] == run else [first])
    if spec.strategy == "priority":
        alive = [other for other in waiting.alive if other[1].group == spec.group]
        group = [*alive, *_that_may_start(spec.group, waiting)]
        return [other for other in group if priority_rank(other[1].priority) < priority_rank(spec.priority)]
    return []


def _that_may_start(group: str, waiting: Waiting) -> Iterator[QueuedRun]:
    """Without those that wait for tuning runs: what comes before these must not wait for them in turn."""
    own = (other for other in waiting.queued if other[1].group == group)
    return (other for other in own if not trials_before(other, waiting))
