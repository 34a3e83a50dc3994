"""Runs that were queued elsewhere: copied, restored, made by hand, edited, or launched by an earlier version.

None of them starts before its owner has seen what it would run and has agreed.
"""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass

from iqa_tui.devices.survey import Surveyor
from iqa_tui.errors import LaunchError, cannot_be_written
from iqa_tui.monitor.tuning import grid_of, grid_words
from iqa_tui.processes.start import trainer_variables
from iqa_tui.queue.attempts import queue_again
from iqa_tui.queue.beginning import beginning_words
from iqa_tui.queue.dispatching import ensure_dispatcher
from iqa_tui.queue.submitting import passed
from iqa_tui.settings.read_only import order
from iqa_tui.slurm.look import Asked
from iqa_tui.slurm.submit import submit
from iqa_tui.trust.signature import openness_remedy, refusal_of, sign_run
from iqa_tui.words.people import owner_name
from iqa_tui.words.states import refusal, status_words
from training.runfolder.engines import SLURM
from training.runfolder.errors import RunFolderError
from training.runfolder.held import hold, open_to_others
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import Signature
from training.runfolder.spec import Spec
from training.runfolder.status import run_status
from training.runfolder.text import plain
from training.runfolder.tuned import trials_of


@dataclass(frozen=True, slots=True)
class Adoption:
    """A run that may be adopted, and what its owner should know before."""

    run: RunFolder
    spec: Spec
    status: Status
    why: str
    """Why it does not start by itself, in words."""
    origin: str
    """In words, as far as its files know it."""

    @property
    def lines(self) -> list[str]:
        """What it would run, its origin, its environment."""
        added = f", with {', '.join(sorted(self.spec.env))} as its spec sets them" if self.spec.env else ""
        lines = [
            f"{self.run.run_id}: {status_words(self.status)}; {self.why}",
            f"  from         {self.origin}",
            f"  command      {shlex.join(self.spec.argv)}",
            *([f"  tuned        {words}"] if (words := _tuned_words(self.run, self.spec)) else []),
            f"  in           {self.spec.cwd or 'the folder in which its dispatcher works'}",
            f"  environment  this shell's{added}",
            f"  begins       {beginning_words(self.run, self.spec)}",
        ]
        return [plain(line) for line in lines]


def _tuned_words(run: RunFolder, spec: Spec) -> str:
    """What is added to its command; empty if nothing is."""
    if not spec.tune:
        return ""
    if run.tuned.exists():
        return f"with what {run.tuned.name} says was chosen, out of {grid_words(grid_of(spec.tune))}"
    trials = trials_of(spec.tune)
    return f"with the best of {grid_words(grid_of(spec.tune))}, by {len(trials)} tuning run{'s'[: len(trials) != 1]}"


def adoption_of(run: RunFolder) -> Adoption:
    """What adopting this run would mean.

    Raises:
        LaunchError: it is alive, finished, queued here already, unreadable, another user's, or open to others.
    """
    if run.path.stat().st_uid != os.geteuid():
        raise LaunchError(
            f"{run.run_id} belongs to {owner_name(run.path)}. Copy its folder (cp -r) and adopt the copy."
        )
    _refuse_if_open(run)
    status = run_status(run, slurm=Asked())
    if not (status.phase is Phase.QUEUED or status.phase.can_be_retried):
        raise LaunchError(refusal(run, status, "only a run that is queued or has ended can be adopted"))
    unsigned = refusal_of(run)
    if unsigned is None:
        remedy = "" if status.phase is Phase.QUEUED else f" `iqa-tui retry {run.run_id}` tries it again."
        raise LaunchError(f"{run.run_id} was queued here: there is nothing to adopt.{remedy}")
    try:
        spec = read_spec(run)
    except RunFolderError as error:
        raise LaunchError(str(error)) from error
    return Adoption(run, spec, status, unsigned.why, _origin(run, spec))


def _refuse_if_open(run: RunFolder) -> None:
    held, descriptor = hold(run)
    try:
        found = open_to_others(descriptor)
        if found is not None:
            remedy = openness_remedy(found, held)
            raise LaunchError(f"{run.run_id}: {found.words}. Look at what is in it: {remedy}; then it can be adopted.")
    finally:
        os.close(descriptor)


def _origin(run: RunFolder, spec: Spec) -> str:
    try:
        signature = read_record(run.signature, Signature)
    except RunFolderError:
        signature = None
    name = "" if spec.run_id == run.run_id else f"{spec.run_id}, "
    if signature is not None:
        return f"{name}queued by {signature.by} on {signature.host}"
    return f"{name}{f'made by {spec.created_by}' if spec.created_by else 'made by hand'}, without a signature"


@order("adopts no run")
def adopt_run(adoption: Adoption) -> str:
    """Queue the run here, as its owner's own; one that has ended gets another attempt.

    Returns:
        What was done, in words.

    Raises:
        LaunchError: its folder cannot be written, or there is no folder for this user's key.
    """
    run = adoption.run
    kind = "" if adoption.spec.devices is not None or adoption.spec.device_kind else _device_kind()
    of_slurm = adoption.spec.engine == SLURM
    variables = passed(adoption.spec, trainer_variables()) if of_slurm else trainer_variables()
    try:
        sign_run(run, variables=variables, origin=adoption.origin, device_kind=kind)
        _forget_tokens(run)
        if of_slurm and adoption.status.phase is Phase.QUEUED:
            _forget_job(run)
        if adoption.status.phase.can_be_retried:
            queue_again(run, status_words(adoption.status))
        if of_slurm:
            return f"{run.run_id} is adopted and queued here. {submit(run)}".strip()
        ensure_dispatcher(run.runs_dir)
    except OSError as error:
        raise cannot_be_written(run.signature, error) from error
    return f"{run.run_id} is adopted and queued here."


def _forget_tokens(run: RunFolder) -> None:
    """A copy has its original's tokens, and the processes that carry them are the original's."""
    for attempt in run.attempts():
        attempt.token.unlink(missing_ok=True)


def _forget_job(run: RunFolder) -> None:
    """That of its original, if it is a copy: the copy gets a job of its own."""
    attempt = run.latest_attempt()
    if attempt is not None:
        attempt.job.unlink(missing_ok=True)


def _device_kind() -> str:
    return Surveyor(honour_mask=False).survey().default_kind
