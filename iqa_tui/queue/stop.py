"""Stopping runs. A request is a file; a signal is sent only if no process is left that would read the file."""

from __future__ import annotations

import functools
import signal
import time
from collections.abc import Callable, Iterable
from typing import Concatenate, NamedTuple, ParamSpec

from iqa_tui.errors import FolderUnusable, LaunchError, cannot_be_written
from iqa_tui.monitor.state import RunState
from iqa_tui.processes.identity import NotOfThisRun, is_running, signal_process
from iqa_tui.queue.as_owner import in_owners_name, opened
from iqa_tui.settings.read_only import order
from iqa_tui.slurm.ask import SlurmError, SlurmMissing
from iqa_tui.slurm.look import Asked
from iqa_tui.slurm.orders import cancel_without_folder, stop_job
from iqa_tui.slurm.submit import is_slurm
from iqa_tui.words.people import user_name
from iqa_tui.words.states import refusal, status_words
from training.runfolder.beat import patience_seconds
from training.runfolder.errors import RunFolderError
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import ProcessRecord, StopRequest
from training.runfolder.status import run_status
from training.runfolder.write import write_record

P = ParamSpec("P")


class Stopped(NamedTuple):
    """What came of the request to stop one run."""

    run_id: str
    words: str
    """What was done, or why it was refused."""
    is_refused: bool


def can_stop(state: RunState) -> bool:
    """True for a run that has not ended."""
    return state.phase is Phase.QUEUED or state.phase.is_alive


@order("stops no run")
def stop_all(states: Iterable[RunState], why: str = "", grace_seconds: float = 60.0) -> list[Stopped]:
    """Ask each of these runs to stop, and go on after one that refuses.

    Queued runs come first: the device of a run that ends must not go to one that is to be stopped as well. Before their
    tuning runs come the runs that wait for these.
    """
    done: list[Stopped] = []
    for state in sorted(states, key=_stopping_rank):
        try:
            done.append(Stopped(state.run_id, stop_run(state.run, why, grace_seconds), is_refused=False))
        except (LaunchError, OSError) as error:
            done.append(Stopped(state.run_id, str(error), is_refused=True))
    return done


def _stopping_rank(state: RunState) -> tuple[bool, bool]:
    return state.phase is not Phase.QUEUED, state.spec is not None and bool(state.spec.trial)


def or_by_slurm(stop: Callable[Concatenate[RunFolder, P], str]) -> Callable[Concatenate[RunFolder, P], str]:
    """Cancel the job of a run of Slurm if its folder cannot be used: its node may see the folder well."""

    @functools.wraps(stop)
    def stopped(run: RunFolder, /, *args: P.args, **kwargs: P.kwargs) -> str:
        try:
            return stop(run, *args, **kwargs)
        except FolderUnusable as trouble:
            try:
                done = cancel_without_folder(run.run_id)
            except SlurmError as error:
                raise LaunchError(f"{trouble} Slurm cannot stop it either: {error}.") from trouble
            if not done:
                raise
            return f"{run.run_id}: {done}, for it cannot be asked to stop in its folder: {trouble}"

    return stopped


@order("stops no run")
@or_by_slurm
@in_owners_name
def stop_run(run: RunFolder, why: str = "", grace_seconds: float = 60.0, by: str = "") -> str:
    """Ask a run to stop; a queued one never starts.

    A second request with a shorter grace shortens it. If a run has no supervisor, a second request after the grace
    kills its trainer.

    Args:
        by: the user who asks; empty: this user.

    Returns:
        What was done, in words.

    Raises:
        LaunchError: it is over or unreadable, its folder is another user's, or a process is not provably the run's.
    """
    with opened(run) as folder:
        status = run_status(folder, slurm=Asked())
        if status.disk_trouble and not _can_be_asked(folder):
            raise FolderUnusable(f"{run.run_id} is {status_words(status)}")
        if status.phase.is_over:
            raise LaunchError(refusal(folder, status, "there is nothing to stop"))
        before = _stop_request(folder)
        request = StopRequest(by=by or user_name(), when=time.time(), why=why, grace_seconds=grace_seconds)
        if before is None or grace_seconds < before.grace_seconds:
            _write_request(folder, request)
        if is_slurm(folder):
            return f"{run.run_id} is asked to stop: {_stop_job(folder, status, grace_seconds)}"
        if status.phase is Phase.QUEUED:
            return f"{run.run_id} was queued and will not start."
        if status.host:
            return f"{run.run_id}: {status.host}'s supervisor is asked to stop it. {_hope_words(status)}"
        if status.supervised:
            return f"{run.run_id} is asked to stop; what is left of it after {grace_seconds:g} s is ended."
        return _stop_unsupervised(folder, before)


def _can_be_asked(run: RunFolder) -> bool:
    """Without locks a folder can be read and written all the same."""
    try:
        return read_spec(run) is not None
    except RunFolderError:
        return False


def _stop_job(run: RunFolder, status: Status, grace_seconds: float) -> str:
    """What becomes of the job. The request in the folder is enough: a job that starts or runs looks for it."""
    try:
        words = stop_job(run)
    except SlurmMissing as error:
        return f"its job looks for the request all the time. Slurm is not told: {error}."
    except SlurmError as error:
        words = f"its supervisor looks for the request, and Slurm will be told once it answers ({error})"
    if not words:
        return "it never starts." if status.phase is Phase.QUEUED else "its supervisor looks for that all the time."
    ends = "" if status.phase is Phase.QUEUED else f"; what is left of it after {grace_seconds:g} s is ended"
    return f"{words}{ends}."


def _hope_words(status: Status) -> str:
    """What may come of a request to a supervisor on another host."""
    if status.beat_seconds is not None and status.beat_seconds < patience_seconds():
        return "It looks for that several times a second."
    return f"It is {status_words(status)}: if that host is gone, the request stays unread."


def _stop_request(run: RunFolder) -> StopRequest | None:
    try:
        return read_record(run.stop, StopRequest)
    except RunFolderError:
        return None


def _write_request(run: RunFolder, request: StopRequest) -> None:
    try:
        write_record(run.stop, request)
    except OSError as error:
        raise cannot_be_written(run.stop, error) from error


def _stop_unsupervised(run: RunFolder, before: StopRequest | None) -> str:
    """Our trainer looks at stop.json itself; an external one is signalled."""
    attempt = run.latest_attempt()
    process = read_record(attempt.process, ProcessRecord) if attempt else None
    if process is None or not is_running(process):
        return f"{run.run_id} has no supervisor and its trainer is about to end."
    overdue = before is not None and time.time() > before.when + before.grace_seconds
    try:
        if overdue:
            signal_process(run, process, signal.SIGKILL)
            return (
                f"{run.run_id} had no supervisor and did not stop in time: its trainer (pid {process.pid}) is killed."
            )
        if read_spec(run).trainer != "training":
            signal_process(run, process, signal.SIGTERM)
            return f"{run.run_id} has no supervisor: its trainer (pid {process.pid}) was sent SIGTERM."
    except NotOfThisRun as error:
        raise LaunchError(
            f"{run.run_id} has no supervisor, and nothing is signalled: {error}. A trainer that reads stop.json stops "
            f"by itself; look at the other with `ps -fp {process.pid}`."
        ) from error
    return f"{run.run_id} has no supervisor: its trainer stops at the next step, when it sees stop.json."
