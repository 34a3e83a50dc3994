"""What our own trainer says of the runs of a launch: it is asked, so that none of its defaults stands twice."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

from iqa_tui.errors import LaunchError, PlanError
from iqa_tui.plans.flags import flags_for
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.processes.no_process import is_no_process, no_process_words
from iqa_tui.processes.start import child_environment, program
from training.runfolder.errors import RunFolderError
from training.runfolder.facts import TrainerFacts, read_facts

Facts = Mapping[str, TrainerFacts]
"""Experiment to what the trainer says of its runs; empty if the trainer is not ours."""


def ask_trainer(request: LaunchRequest) -> Facts:
    """Let the trainer judge its own flags and say what they mean: one process an experiment, all at once, no torch.

    Raises:
        PlanError: the trainer refuses the flags of an experiment.
        LaunchError: no process can be started that asks, or the answer cannot be understood.
    """
    if request.plan.command is not None:
        return {}
    seed, splits = request.seeds_or_default()[0], request.splits_or_default()
    split = max(splits, default=None)  # 0 is the split that every data set has: another one may be refused
    asked = [
        (experiment.id, _start(flags_for(request.plan, experiment, request.overrides, seed, split)))
        for experiment in request.chosen()
    ]
    facts: dict[str, TrainerFacts] = {}
    refused: dict[str, list[str]] = {}
    for experiment, process in asked:
        printed, errors = process.communicate()
        if process.returncode == 0:
            facts[experiment] = _understood(printed)
        else:
            words = (errors.strip().splitlines() or [f"exit {process.returncode}"])[-1].removeprefix("error: ")
            refused.setdefault(words, []).append(experiment)
    if refused:
        lines = [f"{request.plan.source}: {', '.join(ids)}: {words}" for words, ids in refused.items()]
        raise PlanError("\n".join(lines))
    return facts


def _understood(printed: str) -> TrainerFacts:
    try:
        return read_facts(printed)
    except RunFolderError as error:
        raise LaunchError(
            f"{error} Do `iqa_tui` and `training` come from one installation? No run is queued."
        ) from error


def _start(flags: list[str]) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            program("training", *flags, "--check"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=child_environment(),
        )
    except OSError as error:
        if not is_no_process(error):
            raise
        raise LaunchError(f"The flags cannot be checked: {no_process_words(error)}. No run is queued.") from error
