"""Writing the queued runs of a launch. A queued run is a folder with a spec and no attempt."""

from __future__ import annotations

import contextlib
import errno
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from iqa_tui.errors import LaunchError
from iqa_tui.plans.flags import trial_text
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.processes.start import trainer_variables
from iqa_tui.queue.dispatching import ensure_dispatcher
from iqa_tui.queue.last_plans import remember_plan
from iqa_tui.queue.order import in_starting_order
from iqa_tui.queue.queued_run import QueuedRun
from iqa_tui.queue.specs import own_fields, shared_fields, trial_fields, tune_fields
from iqa_tui.queue.submitting import passed, submit_new
from iqa_tui.queue.trainer_facts import Facts, ask_trainer
from iqa_tui.queue.trials import known_trials
from iqa_tui.settings.read_only import order
from iqa_tui.trust.signature import write_signed
from iqa_tui.trust.state_folder import state_folder
from training.runfolder.folders import create_run_folder, name_part, run_name
from training.runfolder.layout import RunFolder
from training.runfolder.lock import NO_LOCKS, take_lock
from training.runfolder.spec import Spec
from training.runfolder.splits import split_seed_in


@order("launches nothing")
def enqueue(request: LaunchRequest, facts: Facts | None = None) -> list[RunFolder]:
    """Write a spec for each experiment, split and seed, and make sure that a dispatcher works.

    Args:
        request: what to queue.
        facts: what `check` returned; None: the trainer is asked.

    Returns:
        The new runs: tuning runs if the plan has any, then the others in the plan's order, split by split and seed by
            seed.

    Raises:
        PlanError: as `check`, which the caller should call before.
        LaunchError: the folder of runs, or the user's own state, cannot be written, or gives no locks, or no
            dispatcher can be started.
            Runs that were written before stay queued.
    """
    state_folder()  # comes first: without it no run could be started
    runs_dir = request.runs_dir.absolute()
    now = datetime.now().astimezone()
    new = _NewRuns(request, ask_trainer(request) if facts is None else facts, now)
    variables = trainer_variables()  # a Slurm job has its own, and of these those that its plan names
    try:
        trials = new.make_trials()
        for seed, split in request.repetitions():
            for experiment in request.chosen():
                known = new.facts.get(experiment.id)
                own = own_fields(request, experiment, seed, split=split, order=len(new.runs), facts=known)
                new.make({**own, **tune_fields(request, trials.get((experiment.id, split), []))})
        if new.runs and not request.is_slurm:
            _try_locks(new.runs[0].run)
        for run, asked in new.in_writing_order():
            write_signed(run, asked, passed(asked, variables) if request.is_slurm else variables)
    except OSError as error:
        raise _not_queued(runs_dir, [run for run, _ in new.runs], error) from error
    remember_plan(runs_dir, request.plan)
    if request.is_slurm:
        submit_new([run for run, _ in new.in_writing_order()])
        return [run for run, _ in new.runs]
    try:
        ensure_dispatcher(runs_dir)
    except LaunchError as error:
        raise LaunchError(f"{error} All runs are queued: any iqa-tui command starts them once it can.") from error
    return [run for run, _ in new.runs]


class _NewRuns:
    """The runs of one launch, whose folders are made before any spec is written."""

    def __init__(self, request: LaunchRequest, facts: Facts, now: datetime) -> None:
        self.facts = facts
        self.runs: list[QueuedRun] = []
        self._request = request
        self._now = now
        self._common = shared_fields(request, now.timestamp())

    def make_trials(self) -> dict[tuple[str, int | None], list[str]]:
        """Make the tuning runs that are not known yet.

        Returns:
            Experiment and split to the run ids of the tuning runs, new and known, in the order of the request.
        """
        trials = self._request.trials()
        known = known_trials(self._request.runs_dir, self._common["group"]) if trials else {}
        ids: dict[tuple[str, int | None], list[str]] = {}
        for trial in trials:
            row, split = trial.experiment.id, trial.repetition.split
            fields = trial_fields(self._request, trial, order=len(self.runs), facts=self.facts.get(row))
            run_id = known.get(tuple(fields["argv"])) or self.make(fields)
            ids.setdefault((row, split), []).append(run_id)
        return ids

    def make(self, fields: dict[str, Any]) -> str:
        """Make the folder of a run; returns its id."""
        dataset = fields["dataset"] or self._request.plan.name
        network, loss_type, seed = fields["network"], fields["loss_type"], fields["seed"]
        name = run_name(self._now, dataset, network, loss_type, seed, split_seed_in(fields["argv"]))
        if "trial" in fields:
            name += "_tune-" + name_part(trial_text(fields["trial"]["values"]))
        run = create_run_folder(self._request.runs_dir.absolute(), name)
        self.runs.append(QueuedRun(run, Spec(run_id=run.run_id, **{**self._common, **fields})))
        return run.run_id

    def in_writing_order(self) -> list[QueuedRun]:
        """A dispatcher at work starts what it sees first, and a tuned run whose tuning runs it does not see."""
        return sorted(in_starting_order(self.runs), key=lambda queued: not queued.spec.trial)


def _try_locks(run: RunFolder) -> None:
    """Before anything is queued: on a disk without locks nothing would be started. No other program knows the run yet.

    Raises:
        OSError: the disk gives none.
    """
    try:
        os.close(take_lock(run.supervisor_lock))
    finally:
        run.supervisor_lock.unlink(missing_ok=True)


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
    cannot = "cannot be used" if error.errno in NO_LOCKS else "cannot be written"
    return LaunchError(f"{runs_dir}: {cannot} ({error.strerror}). {remedy}. {done}.")
