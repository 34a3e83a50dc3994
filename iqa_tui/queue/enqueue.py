"""From a plan to queued runs: which experiments, with which flags, on which devices.

A queued run is a folder with a spec and no attempt. Nothing is queued before every flag has been checked.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

from iqa_tui.devices.gpus.mask import inherited_mask
from iqa_tui.devices.survey import Surveyor, names_device
from iqa_tui.errors import LaunchError
from iqa_tui.plans.flags import flags_for, group_name
from iqa_tui.plans.plan import Experiment
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.plans.trainer_files import trainer_digest_of
from iqa_tui.processes.no_process import is_no_process, no_process_words
from iqa_tui.processes.start import gone_words, is_whole, program, start_detached, trainer_variables
from iqa_tui.queue.backlog import Backlog, in_starting_order
from iqa_tui.queue.dispatcher_files import dispatcher_log, is_dispatching
from iqa_tui.queue.queued_run import QueuedRun
from iqa_tui.trust.signature import write_signed
from iqa_tui.trust.state_folder import state_folder
from iqa_tui.words.people import user_name
from training.runfolder.errors import RunFolderError
from training.runfolder.folders import create_run_folder, run_name
from training.runfolder.layout import RunFolder
from training.runfolder.schema import Spec


def enqueue(request: LaunchRequest) -> list[RunFolder]:
    """Write a spec for each experiment and seed, and make sure that somebody dispatches.

    Returns:
        The runs, in the plan's order, seed by seed.

    Raises:
        PlanError: as `check`, which should come before it.
        LaunchError: the folder of runs, or the user's own state, cannot be written, or no dispatcher can be started.
            What there was room for stays queued.
    """
    state_folder()  # before anything is queued that could not be started
    runs_dir = request.runs_dir.absolute()
    now = datetime.now().astimezone()
    common = _common(request, now.timestamp())
    variables = trainer_variables()
    entries: list[QueuedRun] = []
    try:
        for seed in request.seeds_or_default():
            for experiment in request.chosen():
                spec = _spec(request, experiment, seed, order=len(entries))
                name = run_name(now, spec["dataset"] or request.plan.name, spec["network"], spec["loss_type"], seed)
                run = create_run_folder(runs_dir, name)
                entries.append(QueuedRun(run, Spec(run_id=run.run_id, **common, **spec)))
        for run, queued in in_starting_order(entries):  # a dispatcher at work takes what it sees first
            write_signed(run, queued, variables)
    except OSError as error:
        raise _not_queued(runs_dir, [run for run, _ in entries], error) from error
    try:
        ensure_dispatcher(runs_dir)
    except LaunchError as error:
        raise LaunchError(f"{error} All runs are queued: any iqa-tui command starts them once it can.") from error
    return [run for run, _ in entries]


def _not_queued(runs_dir: Path, runs: list[RunFolder], error: OSError) -> LaunchError:
    """Takes the folders back that are no runs yet, and says what became of the others."""
    for run in runs:
        if not run.spec.exists():
            with contextlib.suppress(OSError):
                for path in (run.environment, run.signature):
                    path.unlink(missing_ok=True)
                run.path.rmdir()
    queued = sum(run.spec.exists() for run in runs)
    done = "No run is queued"
    if queued:
        done = f"{queued} of {len(runs)} runs are queued; then `iqa-tui retry --missing` starts them and the others"
    remedy = "Make room" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "Name another folder by --runs-dir"
    return LaunchError(f"{runs_dir}: cannot be written ({error.strerror}). {remedy}. {done}.")


def _common(request: LaunchRequest, created: float) -> dict[str, Any]:
    """What the specs of one launch share."""
    plan = request.plan
    return {
        "group": group_name(plan, request.overrides),
        "created": created,
        "plan": plan.content,
        "trainer": "training" if plan.command is None else "command",
        "cwd": str(request.cwd or Path.cwd()),
        **_devices(request),
        "strategy": request.strategy,
        "time_limit_seconds": None if (limit := request.time_limit()) is None else limit * 3600,
        "git_commit": _git_commit(),
        "source_digest": trainer_digest_of(plan, request.cwd),
        "overrides": request.overrides,
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
        "vram_bytes": experiment.vram_bytes,
        "notes": experiment.notes,
    }


def _argv(request: LaunchRequest, experiment: Experiment, seed: int) -> list[str]:
    if request.plan.command is None:
        flags = flags_for(request.plan, experiment, request.overrides, seed)
        return [*program("training"), *flags, "--run_folder", "{run_folder}"]
    # Another's trainer may know no --seed: it gets one only where somebody asked for seeds.
    flags = flags_for(request.plan, experiment, request.overrides, seed if request.seeds is not None else None)
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
    """Start a dispatcher of our own for this folder unless one works on it.

    Raises:
        LaunchError: it cannot be started; the text says why.
    """
    runs_dir = runs_dir.absolute()
    state_folder()
    if is_dispatching(runs_dir):
        return
    try:
        log = dispatcher_log(runs_dir)
        start_detached(program("iqa_tui.service.dispatcher", str(runs_dir)), log)
    except OSError as error:
        raise LaunchError(f"no dispatcher can be started: {_start_words(runs_dir, error)}.") from error


def _start_words(runs_dir: Path, error: OSError) -> str:
    if is_no_process(error):
        return no_process_words(error)
    if not is_whole():
        return gone_words()
    return f"{runs_dir}: {error.strerror or error}"


def revive_dispatcher(runs_dir: Path, backlog: Backlog | None = None) -> bool:
    """Start a dispatcher if runs of ours are queued, or are to be, and none is there.

    Args:
        backlog: of our own runs in this folder, if the caller looks again and again.

    Returns:
        Whether one had to be started.

    Raises:
        LaunchError: as `ensure_dispatcher`.
    """
    runs_dir = runs_dir.absolute()
    if is_dispatching(runs_dir):
        return False
    waiting = (backlog or Backlog(runs_dir, own_only=True)).read()
    if not waiting.queued and not waiting.resumable:
        return False
    ensure_dispatcher(runs_dir)
    return True


def revive_in_words(runs_dir: Path) -> str:
    """As `revive_dispatcher`, for who wants something else of the runs: says what was done, or why it cannot be."""
    try:
        return "Runs were queued and nobody gave them devices: a dispatcher is started." * revive_dispatcher(runs_dir)
    except (LaunchError, RunFolderError, OSError) as error:
        return f"Queued runs get no devices: {error}"
