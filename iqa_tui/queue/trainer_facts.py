"""What our own trainer says of the runs of a launch: it is asked, so that none of its defaults stands twice."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping

from iqa_tui.errors import LaunchError, PlanError
from iqa_tui.plans.flags import flags_for, trial_text
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.processes.no_process import is_no_process, no_process_words
from iqa_tui.processes.start import child_environment, program
from training.runfolder.errors import RunFolderError
from training.runfolder.facts import TrainerFacts, read_facts

Facts = Mapping[str, TrainerFacts]
"""Experiment to what the trainer says of its runs; empty if the trainer is not ours."""
MOST_AT_ONCE = 16
"""Processes that judge the values of a grid."""


def ask_trainer(request: LaunchRequest) -> Facts:
    """Let the trainer judge its own flags and say what they mean: one process an experiment, all at once, no torch.

    Of a plan that tunes, every value is tried with the first experiment, and the first value with every experiment.

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
        printed, words = _answer(process)
        if words:
            refused.setdefault(words, []).append(experiment)
        else:
            facts[experiment] = _understood(printed)
    for name, words in [] if refused else _refused_trials(request):
        refused.setdefault(words, []).append(name)
    if refused:
        lines = [f"{request.plan.source}: {', '.join(ids)}: {words}" for words, ids in refused.items()]
        raise PlanError("\n".join(lines))
    return facts


def _answer(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What it printed, and why it refuses the flags, in words; empty if it does not."""
    printed, errors = process.communicate()
    if process.returncode == 0:
        return printed, ""
    return printed, (errors.strip().splitlines() or [f"exit {process.returncode}"])[-1].removeprefix("error: ")


def _refused_trials(request: LaunchRequest) -> Iterator[tuple[str, str]]:
    """`F1 lr=-1`, and why its flags are refused, in words."""
    trials = request.trials()
    first = trials[0] if trials else None
    asked = [
        each
        for each in trials
        if first is not None
        and each.repetition == first.repetition
        and (each.experiment.id == first.experiment.id or each.values == first.values)
    ]
    for number in range(0, len(asked), MOST_AT_ONCE):
        processes = [
            (experiment, values, _start(flags_for(request.plan, experiment, request.overrides, *repetition, values)))
            for experiment, values, repetition in asked[number : number + MOST_AT_ONCE]
        ]
        answers = [
            (f"{experiment.id} {trial_text(values)}", _answer(process)[1]) for experiment, values, process in processes
        ]
        yield from ((name, words) for name, words in answers if words)


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
