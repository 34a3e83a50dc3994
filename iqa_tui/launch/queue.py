"""From a plan to queued runs: which experiments, with which flags, on which devices.

A queued run is a folder with a spec and no attempt. Nothing is queued before every flag has been checked.
"""

from __future__ import annotations

import re
import shlex
import socket
import subprocess
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from iqa_tui.gpus.mask import inherited_mask, names_gpu
from iqa_tui.launch.backlog import Backlog
from iqa_tui.launch.devices import Survey, Surveyor, names_device
from iqa_tui.launch.lease import user_name
from iqa_tui.launch.plan import Experiment, FlagValue, Plan, PlanError
from iqa_tui.launch.processes import child_environment, program, start_detached
from iqa_tui.launch.schedule import STRATEGIES
from training.runfolder.layout import DISPATCHER_LOCK, DISPATCHER_LOG, RunFolder, create_run_folder, run_name
from training.runfolder.lock import is_held
from training.runfolder.schema import Spec
from training.runfolder.write import write_record

DEFAULT_SEED = 42
WHERE_FLAGS = frozenset({"data_path", "num_workers"})
"""They say where, not what: runs that differ by them alone make one table."""
OUR_FLAGS = frozenset({"run_folder", "runs_dir", "resume", "check"})
"""The launcher's own."""
PASSED_ON = (
    "PATH",
    "PYTHONPATH",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "LD_LIBRARY_PATH",
    "OMP_NUM_THREADS",
    "IQA_TUI_DATA",
    "HF_HOME",
    "HF_HUB_OFFLINE",
    "TORCH_HOME",
)
"""Taken from whoever launches: the dispatcher may have been started by another shell."""


@dataclass(frozen=True, slots=True)
class LaunchRequest:
    """What somebody wants to run."""

    plan: Plan
    experiments: tuple[str, ...] | None = None
    """Ids; None: those that the plan selects."""
    seeds: tuple[int, ...] | None = None
    """None: the plan's own seed."""
    overrides: dict[str, str] = field(default_factory=dict)
    """Flag to value, over the plan's: `true` and `false` switch."""
    devices: tuple[str, ...] | None = None
    """GPU indices, UUIDs, `cpu`; None: any that is free."""
    strategy: str = "all"
    runs_dir: Path = Path("runs")

    def chosen(self) -> list[Experiment]:
        """Raises PlanError for an experiment that is not in the plan."""
        if self.experiments is None:
            return [experiment for experiment in self.plan.experiments if experiment.selected]
        return [self.plan.experiment(name) for name in dict.fromkeys(self.experiments)]

    def seeds_or_default(self) -> tuple[int, ...]:
        if self.seeds is not None:
            return self.seeds
        seed = self.overrides.get("seed", self.plan.base.get("seed", DEFAULT_SEED))
        return (int(seed),)


def flags_for(plan: Plan, experiment: Experiment, overrides: dict[str, str], seed: int | None) -> list[str]:
    """The command line's flags: the plan's base, the experiment's, then the overrides, then the seed.

    Args:
        seed: None: left to the trainer.
    """
    settings: dict[str, FlagValue] = {**plan.flags_of(experiment), **overrides}
    if seed is not None:
        settings["seed"] = seed
    words: list[str] = []
    for flag, value in settings.items():
        text = flag_text(value)
        if text == "true":
            words.append(f"--{flag}")
        elif text != "false":
            words += [f"--{flag}", text]
    return words


def flag_text(value: FlagValue) -> str:
    """As one would type it: `5e-6` for 5e-06, `true` for True."""
    if isinstance(value, bool):
        return str(value).lower()
    return re.sub(r"e([+-])0(\d)$", r"e\1\2", str(value)) if isinstance(value, float) else str(value)


def command_for(plan: Plan, experiment: Experiment, overrides: dict[str, str], seed: int | None) -> list[str]:
    """The command of one run, for people to read and to copy."""
    trainer = plan.command or ["python", "-m", "training"]
    return [*trainer, *flags_for(plan, experiment, overrides, seed)]


def group_name(plan: Plan, overrides: dict[str, str]) -> str:
    """`koniq-losses`, or `koniq-losses epochs=1`: what was changed from the plan makes another table."""
    changed = {
        flag: value
        for flag, value in overrides.items()
        if flag not in WHERE_FLAGS and flag != "seed" and flag_text(plan.base.get(flag, "")) != value
    }
    return " ".join([plan.name, *(f"{flag}={value}" for flag, value in sorted(changed.items()))])


def check(request: LaunchRequest) -> None:
    """Refuse what could not run, before anything is queued.

    Raises:
        PlanError: an unknown experiment, strategy or device; a flag that the trainer refuses.
    """
    if request.strategy not in STRATEGIES:
        raise PlanError(f"There is no strategy {request.strategy!r}. Use one of {', '.join(STRATEGIES)}.")
    if not request.chosen():
        ids = ", ".join(experiment.id for experiment in request.plan.experiments)
        raise PlanError(f"{request.plan.source}: no experiment is selected. Name some with --only, from {ids}.")
    for flag in request.overrides:
        if flag in OUR_FLAGS:
            raise PlanError(f"--set {flag}: the launcher sets this itself. For another place use --runs-dir.")
    if not flag_text(request.overrides.get("seed", request.plan.base.get("seed", DEFAULT_SEED))).isdecimal():
        raise PlanError(f"seed={request.overrides.get('seed')!r}: write a whole number of at least 0.")
    if request.devices is not None:
        _check_devices(request.devices, Surveyor(all_cpu_slots=True).survey())
    if request.plan.command is None:
        _check_flags(request)


def _check_devices(devices: tuple[str, ...], survey: Survey) -> None:
    there = ", ".join(state.device.label for state in survey.devices)
    for entry in devices:
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


def _check_flags(request: LaunchRequest) -> None:
    """Let the trainer judge its own flags; all experiments at once, as each costs an interpreter."""
    seed = request.seeds_or_default()[0]
    checks = [
        (experiment, _start_check(flags_for(request.plan, experiment, request.overrides, seed)))
        for experiment in request.chosen()
    ]
    refused: dict[str, list[str]] = {}
    for experiment, process in checks:
        _, errors = process.communicate()
        if process.returncode != 0:
            words = (errors.strip().splitlines() or [f"exit {process.returncode}"])[-1].removeprefix("error: ")
            refused.setdefault(words, []).append(experiment.id)
    if refused:
        lines = [f"{request.plan.source}: {', '.join(ids)}: {words}" for words, ids in refused.items()]
        raise PlanError("\n".join(lines))


def _start_check(flags: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        program("training", "--check", *flags),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=child_environment(),
    )


def enqueue(request: LaunchRequest) -> list[RunFolder]:
    """Write a spec for each experiment and seed, and make sure that somebody dispatches.

    Returns:
        The runs, in the plan's order, seed by seed.

    Raises:
        PlanError: as `check`, which should come before it.
        OSError: the folder of runs cannot be written.
    """
    runs_dir = request.runs_dir.absolute()
    now = datetime.now().astimezone()
    common = _common(request, now.timestamp())
    runs: list[RunFolder] = []
    for seed in request.seeds_or_default():
        for experiment in request.chosen():
            spec = _spec(request, experiment, seed, order=len(runs))
            name = run_name(now, spec["dataset"] or request.plan.name, spec["network"], spec["loss_type"], seed)
            run = create_run_folder(runs_dir, name)
            write_record(run.spec, Spec(run_id=run.run_id, **common, **spec))
            runs.append(run)
    ensure_dispatcher(runs_dir)
    return runs


def _common(request: LaunchRequest, created: float) -> dict[str, Any]:
    """What the specs of one launch share."""
    plan = request.plan
    env = child_environment()
    return {
        "group": group_name(plan, request.overrides),
        "created": created,
        "plan": plan.content,
        "trainer": "training" if plan.command is None else "command",
        "env": {name: env[name] for name in PASSED_ON if name in env},
        "cwd": str(Path.cwd()),
        "devices": _devices(request),
        "vram_bytes": plan.vram_bytes,
        "strategy": request.strategy,
        "git_commit": _git_commit(),
        "created_by": f"{user_name()}@{socket.gethostname()}",
    }


def _spec(request: LaunchRequest, experiment: Experiment, seed: int, order: int) -> dict[str, Any]:
    """What is a run's own."""
    plan = request.plan
    settings = {**plan.flags_of(experiment), **request.overrides}
    default_network = f"swin-{settings.get('model_size', 'tiny')}" if plan.command is None else plan.name
    return {
        "label": experiment.label,
        "experiment": experiment.id,
        "argv": _argv(request, experiment, seed),
        "priority": experiment.priority,
        "order": order,
        "loss_type": str(settings.get("loss_type", "l1" if plan.command is None else experiment.id)),
        "dataset": str(settings.get("dataset", "livec" if plan.command is None else "")),
        "network": str(settings.get("backbone", default_network)),
        "seed": seed,
        "protocol": str(settings.get("protocol", "clean" if plan.command is None else "")),
        "expected_srcc": list(experiment.expected_srcc) if experiment.expected_srcc else None,
        "expected_hours": experiment.expected_hours,
        "notes": experiment.notes,
    }


def _argv(request: LaunchRequest, experiment: Experiment, seed: int) -> list[str]:
    if request.plan.command is None:
        flags = flags_for(request.plan, experiment, request.overrides, seed)
        return [*program("training"), *flags, "--run_folder", "{run_folder}"]
    # Another's trainer may know no --seed: it gets one only where somebody asked for seeds.
    flags = flags_for(request.plan, experiment, request.overrides, seed if request.seeds is not None else None)
    return [*request.plan.command, *flags]


def _devices(request: LaunchRequest) -> list[str] | None:
    """As asked; else as the launcher's own CUDA_VISIBLE_DEVICES allows; else any."""
    if request.devices is not None:
        return list(request.devices)
    mask = inherited_mask()
    if mask is None:
        return None
    gpus = [state.device for state in Surveyor(honour_mask=False).survey().devices if state.device.kind == "gpu"]
    allowed = [gpu.key for gpu in gpus if any(names_gpu(entry, gpu.index or 0, gpu.key) for entry in mask)]
    return allowed or ["cpu"] if gpus else None


def _git_commit() -> str | None:
    """Of the trainer's source, where it lies in a work tree."""
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


def ensure_dispatcher(runs_dir: Path) -> None:
    """Start a dispatcher for this folder unless one works on it.

    Raises:
        OSError: its log cannot be written.
    """
    runs_dir = runs_dir.absolute()
    if not is_held(runs_dir / DISPATCHER_LOCK):
        start_detached(program("iqa_tui.launch.dispatcher", str(runs_dir)), runs_dir / DISPATCHER_LOG)


def revive_dispatcher(runs_dir: Path) -> bool:
    """Start a dispatcher where runs of ours are queued and none is there.

    Returns:
        Whether one had to be started.
    """
    runs_dir = runs_dir.absolute()
    if is_held(runs_dir / DISPATCHER_LOCK) or not Backlog(runs_dir, own_only=True).read().queued:
        return False
    ensure_dispatcher(runs_dir)
    return True


def shell_words(command: list[str]) -> str:
    """One line that a shell reads back as the same words."""
    return shlex.join(command)
