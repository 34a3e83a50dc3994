"""From a plan to queued runs: which experiments, with which flags, on which devices.

A queued run is a folder with a spec and no attempt. Nothing is queued before every flag has been checked.
"""

from __future__ import annotations

import contextlib
import errno
from datetime import datetime
from pathlib import Path

from iqa_tui.errors import LaunchError
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.processes.start import trainer_variables
from iqa_tui.queue.dispatching import ensure_dispatcher
from iqa_tui.queue.order import in_starting_order
from iqa_tui.queue.queued_run import QueuedRun
from iqa_tui.queue.specs import own_fields, shared_fields
from iqa_tui.trust.signature import write_signed
from iqa_tui.trust.state_folder import state_folder
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
    common = shared_fields(request, now.timestamp())
    variables = trainer_variables()
    entries: list[QueuedRun] = []
    try:
        for seed in request.seeds_or_default():
            for experiment in request.chosen():
                spec = own_fields(request, experiment, seed, order=len(entries))
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
