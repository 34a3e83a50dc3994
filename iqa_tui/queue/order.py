"""In which order queued runs start, and which runs of a group must end first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from iqa_tui.plans.priority import priority_rank
from iqa_tui.queue.queued_run import QueuedRun, Waiting
from training.runfolder.errors import RunFolderError
from training.runfolder.read import read_record
from training.runfolder.schema import Place


def with_given_priority(queued: QueuedRun) -> QueuedRun:
    """The run with the priority that a user gave it while it waited."""
    run, spec = queued
    try:
        place = read_record(run.place, Place)
    except RunFolderError:
        return queued
    return QueuedRun(run, replace(spec, priority=place.priority)) if place and place.priority else queued


def in_starting_order(queued: Iterable[QueuedRun]) -> list[QueuedRun]:
    """By priority; launched first goes first; longest first within a launch, then in the plan's order."""
    return sorted(queued, key=_starting_rank)


def _starting_rank(queued: QueuedRun) -> tuple[int, float, float, int, str]:
    run, spec = queued
    return priority_rank(spec.priority), spec.created, -(spec.expected_hours or 0.0), spec.order, run.run_id


def held_back_by(queued: QueuedRun, waiting: Waiting) -> list[QueuedRun]:
    """The runs of its group that must end first by its strategy; [] if it may start."""
    run, spec = queued
    if spec.strategy == "sequential":
        alive = [other for other in waiting.alive if other[1].group == spec.group]
        first = next((other for other in waiting.queued if other[1].group == spec.group), queued)
        return alive or ([] if first[0] == run else [first])
    if spec.strategy == "priority":
        group = [other for other in (*waiting.alive, *waiting.queued) if other[1].group == spec.group]
        return [other for other in group if priority_rank(other[1].priority) < priority_rank(spec.priority)]
    return []
