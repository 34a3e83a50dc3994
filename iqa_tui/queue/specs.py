"""The spec of each run of a launch: what its runs share, and what is a run's own."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iqa_tui.devices.device import names_device
from iqa_tui.devices.gpus.mask import inherited_mask
from iqa_tui.devices.survey import Surveyor
from iqa_tui.plans.flags import flags_for, group_name
from iqa_tui.plans.paths import counted_from
from iqa_tui.plans.plan import Experiment
from iqa_tui.plans.request import LaunchRequest, Trial
from iqa_tui.plans.toml_table import FlagValue
from iqa_tui.plans.trainer_files import trainer_digest_of
from iqa_tui.processes.start import program
from iqa_tui.slurm.here import cluster
from iqa_tui.slurm.options import CLUSTER, asks_for_gpu
from iqa_tui.words.people import user_name
from training.runfolder.engines import SLURM, SPEC_FORMAT
from training.runfolder.facts import TrainerFacts


def shared_fields(request: LaunchRequest, created: float) -> dict[str, Any]:
    """What the specs of one launch share."""
    plan = request.plan
    return {
        "group": group_name(plan, request.overrides),
        "created": created,
        "plan": plan.content,
        "trainer": "training" if plan.command is None else "command",
        "cwd": str(request.cwd or Path.cwd()),
        **({"engine": SLURM, "format": SPEC_FORMAT} if request.is_slurm else _devices(request)),
        "strategy": request.strategy,
        "time_limit_seconds": None if (limit := request.time_limit()) is None else limit * 3600,
        "git_commit": _git_commit(),
        "source_digest": trainer_digest_of(plan, request.cwd),
        "overrides": request.overrides,
        "created_by": f"{user_name()}@{socket.gethostname()}",
    }


def own_fields(
    request: LaunchRequest,
    experiment: Experiment,
    seed: int,
    *,
    order: int,
    facts: TrainerFacts | None,
    split: int | None = None,
) -> dict[str, Any]:
    """What is a run's own.

    Args:
        request: of the launch.
        experiment: the row of its plan.
        seed: of the run.
        order: its place in the plan.
        facts: what our trainer says of the experiment; None for an external trainer, whose flags may say some of it.
        split: of the run; None: the trainer is not told of one.
    """
    settings = {**request.plan.flags_of(experiment), **request.overrides}
    said = {name: str(settings.get(name, "")) for name in ("loss_type", "dataset", "protocol")}
    return {
        "label": experiment.label,
        "experiment": experiment.id,
        "argv": _argv(request, experiment, seed, split),
        "priority": experiment.priority,
        "order": order,
        "loss_type": facts.loss_type if facts else said["loss_type"] or experiment.id,
        "dataset": facts.dataset if facts else said["dataset"],
        "network": facts.network if facts else str(settings.get("backbone", request.plan.name)),
        "seed": seed,
        "protocol": facts.protocol if facts else said["protocol"],
        "expected_srcc": list(experiment.expected_srcc) if experiment.expected_srcc else None,
        "expected_hours": experiment.expected_hours,
        "vram_bytes": experiment.vram_bytes,
        **({"gpus": experiment.gpus, "format": SPEC_FORMAT} if experiment.gpus > 1 else {}),
        "notes": experiment.notes,
        **(_of_slurm(request, experiment) if request.is_slurm else {}),
    }


def _of_slurm(request: LaunchRequest, experiment: Experiment) -> dict[str, Any]:
    """Raises SlurmError: the cluster's name is not known, as its controller does not answer."""
    options = request.slurm_options(experiment)
    return {
        "slurm": {**options, CLUSTER: cluster().name},
        "device_kind": "gpu" if asks_for_gpu(options) else "cpu",
    }


def trial_fields(request: LaunchRequest, trial: Trial, *, order: int, facts: TrainerFacts | None) -> dict[str, Any]:
    """What is a tuning run's own. The arguments are those of `own_fields`."""
    experiment, values, (seed, split) = trial
    return {
        **own_fields(request, experiment, seed, split=split, order=order, facts=facts),
        "argv": _argv(request, experiment, seed, split, values),
        "expected_srcc": None,
        "expected_hours": request.trial_hours(experiment),
        "notes": "",
        "trial": {"values": values},
        "format": SPEC_FORMAT,
    }


def tune_fields(request: LaunchRequest, trials: list[str]) -> dict[str, Any]:
    """What the spec of a tuned run says of its tuning; {} if the plan tunes nothing.

    Args:
        request: of the launch.
        trials: run ids of the experiment's tuning runs, in the order of `LaunchRequest.trials`.
    """
    tune = request.plan.tune
    if tune is None:
        return {}
    return {
        "tune": {
            "grid": {flag: list(values) for flag, values in tune.grid.items()},
            "epochs": tune.epochs,
            "images": tune.images,
            "seeds": list(request.tuning_seeds()),
            "trials": trials,
        },
        "format": SPEC_FORMAT,
    }


def _argv(
    request: LaunchRequest,
    experiment: Experiment,
    seed: int,
    split: int | None,
    trial: Mapping[str, FlagValue] | None = None,
) -> list[str]:
    if request.plan.command is None:
        typed = counted_from(request.cwd or Path.cwd(), request.overrides)
        flags = flags_for(request.plan, experiment, typed, seed, split, trial)
        return [*program("training"), *flags, "--run_folder", "{run_folder}"]
    # An external trainer may know no --seed: it gets one only if the user asked for seeds.
    flags = flags_for(request.plan, experiment, request.overrides, seed if request.seeds is not None else None, split)
    return [*request.plan.command, *flags]


def _devices(request: LaunchRequest) -> dict[str, Any]:
    """As asked; else as the launcher's own CUDA_VISIBLE_DEVICES allows; else any of the kind that this machine has.

    The kind is decided now: a run that was launched for a GPU never trains on a CPU because the driver vanished.
    """
    if request.devices is not None:
        return {"devices": list(request.devices)}
    survey, mask = Surveyor(honour_mask=False).survey(), inherited_mask()
    named: list[str] | None = None
    if mask is not None and survey.is_blind:  # no UUIDs to be had; the mask must hold all the same
        named = list(mask) or ["cpu"]
    elif mask is not None and survey.default_kind == "gpu":
        gpus = [state.device for state in survey.devices if state.device.kind == "gpu"]
        named = [gpu.key for gpu in gpus if any(names_device(entry, gpu) for entry in mask)] or ["cpu"]
    return {"devices": named, "device_kind": "cpu" if named == ["cpu"] else survey.default_kind}


def _git_commit() -> str | None:
    """Of the trainer's source, if it lies in a work tree."""
    try:
        done = subprocess.run(
            ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
