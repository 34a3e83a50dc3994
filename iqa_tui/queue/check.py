"""What could not run is refused before anything is queued."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from iqa_tui.devices.device import names_device
from iqa_tui.devices.fitting import may_have
from iqa_tui.devices.survey import Survey, Surveyor
from iqa_tui.errors import PlanError
from iqa_tui.plans.flags import REPETITIONS
from iqa_tui.plans.needs import PROCESSES
from iqa_tui.plans.plan import SPLIT_FLAG
from iqa_tui.plans.request import LaunchRequest, plan_seeds, plan_splits
from iqa_tui.plans.simulate import STRATEGIES
from iqa_tui.queue.trainer_facts import Facts, ask_trainer
from iqa_tui.slurm.ask import SlurmRefused
from iqa_tui.slurm.starts import refuse_what_slurm_refuses

OUR_FLAGS = {
    "run_folder": "For another place use --runs-dir.",
    "runs_dir": "For another place use --runs-dir.",
    "device": "Choose devices by --devices.",
    "resume": "It resumes runs by itself; a failed one by `iqa-tui retry`.",
    "check": "`iqa-tui doctor` checks more.",
    PROCESSES: "Write gpus = N into the plan's [base] or an experiment: the run then gets as many devices.",
}
"""Flags that only the launcher sets, and what to use instead."""


def check(request: LaunchRequest) -> Facts:
    """Refuse what could not run, before anything is queued.

    Returns:
        What our trainer says of the runs, for `enqueue`.

    Raises:
        PlanError: an unknown experiment, strategy or device; a flag that the trainer refuses.
        LaunchError: no process can be started that checks the flags.
    """
    if request.strategy not in STRATEGIES:
        raise PlanError(f"There is no strategy {request.strategy!r}. Use one of {', '.join(STRATEGIES)}.")
    if not request.chosen():
        ids = ", ".join(experiment.id for experiment in request.plan.experiments)
        raise PlanError(f"{request.plan.source}: no experiment is selected. Name some with --only, from {ids}.")
    for flag in request.overrides:
        if flag in OUR_FLAGS:
            raise PlanError(f"--set {flag}: the launcher sets this itself. {OUR_FLAGS[flag]}")
    if refusal := request.refused_setting:
        raise PlanError(refusal)
    _check_repetitions(request)
    _check_engine(request)
    _check_processes(request)
    several = max(experiment.gpus for experiment in request.chosen())
    if not request.is_slurm and (request.devices is not None or several > 1):
        survey = Surveyor(all_cpu_slots=True).survey()
        _check_devices(request.devices or (), survey)
        _check_number(request, several, survey)
    return ask_trainer(request)


def _check_engine(request: LaunchRequest) -> None:
    """Raises PlanError for options of the other engine, or that Slurm refuses; LaunchError if it does not answer."""
    if not request.is_slurm:
        if request.slurm:
            raise PlanError(f"--slurm {next(iter(request.slurm))}=…: add --engine slurm, or leave it out.")
        return
    if request.devices is not None:
        raise PlanError("--devices: Slurm gives the devices: set gres, for example by --slurm gres=gpu:1.")
    judged: list[dict[str, Any]] = []
    for experiment in request.chosen():
        options = request.slurm_options(experiment)
        if options not in judged:
            judged.append(options)
            try:
                refuse_what_slurm_refuses(options, request.cwd or Path.cwd())
            except SlurmRefused as refusal:
                raise PlanError(f"{experiment.id}: {refusal}. No run is queued.") from None


def _check_repetitions(request: LaunchRequest) -> None:
    try:
        plan_seeds(request.plan, request.overrides)
        plan_splits(request.plan, request.overrides)
    except ValueError as error:
        raise PlanError(str(error)) from None
    for experiment in request.plan.experiments:
        if request.plan.command is None and REPETITIONS in experiment.flags:
            raise PlanError(
                f"{request.plan.source}: experiment {experiment.id}: write {REPETITIONS} into [base], so that every "
                "row has the same seeds."
            )
    if not request.splits:
        return
    if SPLIT_FLAG in request.overrides:
        raise PlanError(f"--splits and --set {SPLIT_FLAG}: both say which splits. Give one of them.")
    own = [experiment.id for experiment in request.chosen() if SPLIT_FLAG in experiment.flags]
    if own:
        raise PlanError(
            f"{request.plan.source}: experiment {', '.join(own)}: has a {SPLIT_FLAG} of its own; --splits runs every "
            "row on the same splits. Leave out one of them."
        )


def _check_processes(request: LaunchRequest) -> None:
    plan = request.plan
    own = [experiment.id for experiment in request.chosen() if PROCESSES in experiment.flags]
    if plan.command is None and (own or PROCESSES in plan.base):
        place = f"experiment {', '.join(own)}" if own else "[base]"
        raise PlanError(f"{plan.source}: {place}: {PROCESSES} is the launcher's. {OUR_FLAGS[PROCESSES]}")


def _check_number(request: LaunchRequest, several: int, survey: Survey) -> None:
    """Raises PlanError: a run asks for more devices than there are, so it would wait for ever."""
    usable = [
        state
        for state in survey.devices
        if state.allowed and may_have(request.devices, state.device, survey.default_kind, several)
    ]
    if survey.is_blind or several <= len(usable):
        return
    asking = ", ".join(each.id for each in request.chosen() if each.gpus > len(usable))
    there = ", ".join(state.device.label for state in usable) or "none"
    whole = " MIG instances do not count: CUDA shows a process no more than one." if several > 1 else ""
    raise PlanError(
        f"{request.plan.source}: experiment {asking}: gpus = {several}, and there {_are(len(usable))} that it may have "
        f"({there}).{whole} Write a smaller number, or launch it on a machine that has as many."
    )


def _are(count: int) -> str:
    return "is 1 device" if count == 1 else f"are {count} devices"


GPU_NAME = re.compile(r"\d+(:\d+)?|(GPU|MIG)-.+")


def _check_devices(devices: tuple[str, ...], survey: Survey) -> None:
    there = ", ".join(state.device.label for state in survey.devices)
    for entry in devices:
        if survey.is_blind and GPU_NAME.fullmatch(entry):
            continue  # it may be there: the run waits for the driver, and its row says so
        named = [state for state in survey.devices if names_device(entry, state.device)]
        if not named:
            raise PlanError(
                f"--devices {entry}: this machine has no such device. It has {there}. {survey.note}".strip()
            )
        for state in named:
            if not state.allowed:
                raise PlanError(
                    f"--devices {entry}: {state.device.label} is {state.reason}. Unset that, or choose another."
                )
