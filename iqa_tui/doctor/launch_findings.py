"""Which runs of a launch would fail at once, or may: the doctor's checks that a launch can wait for."""

from __future__ import annotations

import importlib.util
import subprocess
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

from iqa_tui.doctor.data import look_at_dataset
from iqa_tui.doctor.external_trainer import check_external_trainer
from iqa_tui.doctor.finding import Finding, blocked
from iqa_tui.doctor.not_here import data_not_seen, left_to_the_job, not_seen_here, weights_not_seen
from iqa_tui.doctor.plan_needs import datasets_of
from iqa_tui.doctor.weights import check_weights
from iqa_tui.errors import LaunchError
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.queue.trainer_facts import Facts, ask_trainer

PATIENCE_SECONDS = 20.0
"""A data set that takes longer to look at keeps no launch from being asked for."""


@dataclass(frozen=True, slots=True)
class Failing:
    """Runs that would fail at once, all for one reason; if its finding does not block, they may not fail."""

    experiments: tuple[str, ...]
    """Ids, in the order of the plan."""
    finding: Finding


def failing_runs(request: LaunchRequest, complete: set[Hashable], tell: Callable[[str], object]) -> Iterator[Failing]:
    """Ask for the flags, the trainer, the weights and the data of every experiment. Takes seconds: for a thread.

    Args:
        complete: the data sets that were found complete before, which are not looked at again; those that are found so
            now are added.
        tell: called with what is checked, in words.
    """
    everything = tuple(each.id for each in request.chosen())
    if request.plan.command is not None:
        trainer = check_external_trainer(request.plan.command)
        if trainer.blocks:
            yield Failing(everything, trainer)
        return
    tell("checking the flags …")
    try:
        facts = ask_trainer(request)
    except (LaunchError, OSError) as error:
        yield Failing(everything, blocked("flags", str(error), "Mend the plan, or the settings over it"))
        return
    if not request.is_slurm and importlib.util.find_spec("torch") is None:  # with Slurm a node has it
        yield Failing(everything, blocked("torch", "torch is not installed", "pip install torch torchvision timm"))
        return
    tell("checking the weights …")
    unseen = list(not_seen_here(facts)) if request.is_slurm else []
    yield from (Failing(each.experiments, each.finding) for each in unseen)
    yield from _without_weights(request, facts)
    yield from _without_data(request, facts, complete, tell)


def _without_weights(request: LaunchRequest, facts: Facts) -> Iterator[Failing]:
    users: dict[tuple[str, str], list[str]] = {}
    for experiment, known in facts.items():
        users.setdefault((known.backbone, known.weights), []).append(experiment)
    for (backbone, weights), experiments in users.items():
        if request.is_slurm and weights_not_seen(weights):
            continue
        finding = check_weights(backbone, weights)
        if finding.blocks:
            yield Failing(tuple(experiments), left_to_the_job(finding) if request.is_slurm else finding)


def _without_data(
    request: LaunchRequest, facts: Facts, complete: set[Hashable], tell: Callable[[str], object]
) -> Iterator[Failing]:
    users: dict[tuple[str, str, str], list[str]] = {}
    for experiment, known in facts.items():
        users.setdefault((known.dataset, known.data_folder, known.protocol), []).append(experiment)
    for (key, experiments), need in zip(users.items(), datasets_of(request, facts), strict=True):
        if key in complete or (request.is_slurm and data_not_seen(facts[experiments[0]])):
            continue
        tell(f"checking the data of {need.name} …")
        try:
            finding, _ = look_at_dataset(need, PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        if finding.blocks:
            yield Failing(tuple(experiments), finding)
        else:
            complete.add(key)
