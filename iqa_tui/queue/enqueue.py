"""Writing the queued runs of a launch. A queued run is a folder with a spec and no attempt."""

from __future__ import annotations

import contextlib
import errno
from datetime import datetime
from pathlib import Path

from iqa_tui.errors import LaunchError
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.processes.start import trainer_variables
from iqa_tui.queue.dispatching import ensure_dispatcher
from iqa_tui.queue.last_plans import remember_plan
from iqa_tui.queue.order import in_starting_order
from iqa_tui.queue.queued_run import QueuedRun
from iqa_tui.queue.specs import own_fields, shared_fields
from iqa_tui.queue.submitting import passed, submit_new
from iqa_tui.queue.trainer_facts import Facts, ask_trainer
from iqa_tui.settings.read_only import order
from iqa_tui.trust.signature import write_signed
from iqa_tui.trust.state_folder import state_folder
from training.runfolder.folders import create_run_folder, run_name, split_seed_in
from training.runfolder.layout import RunFolder
from training.runfolder.spec import Spec


@order("launches nothing")
def enqueue(request: LaunchRequest, facts: Facts | None = None) -> list[RunFolder]:
    """Write a spec for each experiment and seed, and make sure that a dispatcher works.

    Args:
        request: what to queue.
        facts: what `check` returned; None: the trainer is asked.

    Returns:
        The runs, in the plan's order, seed by seed.

    Raises:
        PlanError: as `check`, which the caller should call before.
        LaunchError: the folder of runs, or the user's own state, cannot be written, or no dispatcher can be started.
            Runs that were written before stay queued.
    """
    state_folder()  # comes first: without it no run could be started
    runs_dir = request.runs_dir.absolute()
    now = datetime.now().astimezone()
    known = ask_trainer(request) if facts is None else facts
    common = shared_fields(request, now.timestamp())
    variables = trainer_variables()  # a Slurm job has its own, and of these those that its plan names
    runs: list[QueuedRun] = []
    try:
        for seed in request.seeds_or_default():
            for experiment in request.chosen():
                spec = own_fields(request, experiment, seed, order=len(runs), facts=known.get(experiment.id))
                data, split_seed = spec["dataset"] or request.plan.name, split_seed_in(spec["argv"])
                name = run_name(now, data, spec["network"], spec["loss_type"], seed, split_seed)
                run = create_run_folder(runs_dir, name)
                runs.append(QueuedRun(run, Spec(run_id=run.run_id, **common, **spec)))
        for run, asked in in_starting_order(runs):  # a dispatcher at work starts what it sees first
            write_signed(run, asked, passed(asked, variables) if request.is_slurm else variables)
    except OSError as error:
        raise _not_queued(runs_dir, [run for run, _ in runs], error) from error
    remember_plan(runs_dir, request.plan)
    if request.is_slurm:
        submit_new([run for run, _ in in_starting_order(runs)])
        return [run for run, _ in runs]
    try:
        ensure_dispatcher(runs_dir)
    except LaunchError as error:
        raise LaunchError(f"{error} All runs are queued: any iqa-tui command starts them once it can.") from error
    return [run for run, _ in runs]


def _not_queued(runs_dir: Path, runs: list[RunFolder], error: OSError) -> LaunchError:
    """Delete the folders that are no runs yet, and say what became of the others."""
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
