"""Stopping a run, and trying one again. Asks by files; signals only where nobody is left who would read them."""

from __future__ import annotations

import signal
import time

from iqa_tui.errors import LaunchError, cannot_be_written
from iqa_tui.processes.identity import NotOfThisRun, is_running, signal_process
from iqa_tui.queue.as_owner import in_owners_name, opened
from iqa_tui.queue.attempts import host_elsewhere, queue_again
from iqa_tui.queue.enqueue import ensure_dispatcher
from iqa_tui.trust.signature import NotSigned, refusal_of
from iqa_tui.words.people import user_name
from training.runfolder.beat import patience_seconds
from training.runfolder.errors import RunFolderError
from training.runfolder.held import held_folder
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import ProcessRecord, StopRequest
from training.runfolder.status import run_status
from training.runfolder.write import write_record


@in_owners_name
def stop_run(run: RunFolder, why: str = "", grace_seconds: float = 60.0, by: str = "") -> str:
    """Ask a run to stop; a queued one never starts.

    Asked again with a shorter grace, the shorter one counts; asked again after the grace of a run without a
    supervisor, its trainer is killed.

    Args:
        by: who asks; empty: this user.

    Returns:
        What was done, in words.

    Raises:
        LaunchError: it is over, or unreadable, its folder is another user's, or its process cannot be proved to be its.
    """
    with opened(run) as folder:
        status = run_status(folder)
        if status.phase.is_over:
            raise LaunchError(refusal(folder, status, "there is nothing to stop"))
        before = _stop_request(folder)
        request = StopRequest(by=by or user_name(), when=time.time(), why=why, grace_seconds=grace_seconds)
        if before is None or grace_seconds < before.grace_seconds:
            _write_request(folder, request)
        if status.phase is Phase.QUEUED:
            return f"{run.run_id} was queued and will not start."
        if status.host:
            return f"{run.run_id}: {status.host}'s supervisor is asked to stop it. {_hope_words(status)}"
        if status.supervised:
            return f"{run.run_id} is asked to stop; what is left of it after {grace_seconds:g} s is ended."
        return _stop_unsupervised(folder, before)


def _hope_words(status: Status) -> str:
    """What may come of a request to a supervisor that we cannot see."""
    if status.beat_seconds is not None and status.beat_seconds < patience_seconds():
        return "It looks for that several times a second."
    return f"It is {state_words(status)}: if that host is gone, the request stays unread."


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
    """Nobody watches over this trainer: ours looks at stop.json itself, another's is signalled."""
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


@in_owners_name
def retry_run(run: RunFolder, by: str = "") -> str:
    """Queue a run again that failed, was stopped or was lost; it goes on from its last checkpoint where it has one.

    Args:
        by: who asks; empty: this user.

    Returns:
        What was done, in words.

    Raises:
        LaunchError: it is alive, queued, finished or unreadable, its folder is another user's, or `attempts` is a link.
        NotSigned: it was not queued here; it must be adopted.
    """
    with opened(run) as folder:
        _refuse_linked_attempts(folder)
        status = run_status(folder)
        if status.phase is Phase.FINISHED:
            raise LaunchError(f"{run.run_id} is finished. Launch its plan again for another run.")
        _refuse_elsewhere(folder, status)
        if not status.phase.can_be_retried:
            raise LaunchError(refusal(folder, status, "only a run that ended can be tried again"))
        if unsigned := refusal_of(folder):
            raise NotSigned(f"{run.run_id} is not tried again: {unsigned.words}.")
        try:
            queue_again(folder, state_words(status), by=by)
            ensure_dispatcher(run.runs_dir)
        except NotADirectoryError as error:
            raise LaunchError(f"{error.filename}: {error.strerror}. Move it away.") from error
        except OSError as error:
            raise cannot_be_written(folder.attempts_dir, error) from error
        goes_on = " It goes on from its last checkpoint." if folder.last_checkpoint.exists() else ""
    return f"{run.run_id} is queued again.{goes_on}"


def _refuse_linked_attempts(run: RunFolder) -> None:
    """Before anything is read through it: a link would have the attempts of another run, or another user's folder."""
    try:
        with held_folder(run.attempts_dir):
            pass
    except NotADirectoryError as error:
        raise LaunchError(f"{run.attempts_dir}: {error.strerror}. Move it away.") from error
    except OSError:  # there is none yet, or the status says what is wrong
        return


def _refuse_elsewhere(run: RunFolder, status: Status) -> None:
    """What another host did, or does, goes on here only if a person says that this host is gone.

    Raises:
        LaunchError: the newest attempt is another host's.
    """
    if status.phase is Phase.QUEUED:
        return
    try:
        host = host_elsewhere(run)
    except RunFolderError as error:
        raise LaunchError(str(error)) from error
    if host:
        where = "" if status.host else f" on {host}"
        raise LaunchError(
            f"{run.run_id} is {state_words(status)}{where}. If {host} does nothing with it any more, "
            f"`iqa-tui retry --from-elsewhere {run.run_id}` goes on here."
        )


def state_words(status: Status) -> str:
    """`failed: exit 1: …`, `running, unsupervised`, `stopped by ann, 14:02`."""
    if status.phase is Phase.RUNNING and status.cause:
        return f"{status.phase.value}, {status.cause}"
    if status.phase in (Phase.STOPPED, Phase.STOPPING) and status.cause:
        return status.cause if status.phase is Phase.STOPPED else f"stopping, {status.cause}"
    if status.cause:
        return f"{status.phase.value}: {status.cause}"
    return status.phase.value


def refusal(run: RunFolder, status: Status, rule: str) -> str:
    """`R is finished: there is nothing to stop.`; of an unreadable run alone what is wrong with it."""
    if status.phase is Phase.UNREADABLE:
        return f"{run.run_id} is {state_words(status)}"
    return f"{run.run_id} is {state_words(status)}: {rule}."
