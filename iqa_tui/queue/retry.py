"""Queueing a run again that ended without a result."""

from __future__ import annotations

from iqa_tui.errors import LaunchError, cannot_be_written
from iqa_tui.queue.as_owner import in_owners_name, opened
from iqa_tui.queue.attempts import host_elsewhere, queue_again
from iqa_tui.queue.beginning import goes_on
from iqa_tui.queue.dispatching import ensure_dispatcher
from iqa_tui.settings.read_only import order
from iqa_tui.slurm.ask import SlurmError
from iqa_tui.slurm.look import Asked
from iqa_tui.slurm.orders import refuse_while_it_may_come_back
from iqa_tui.slurm.submit import is_slurm, submit
from iqa_tui.trust.signature import NotSigned, refusal_of
from iqa_tui.words.states import refusal, status_words
from training.runfolder.errors import RunFolderError
from training.runfolder.held import held_folder
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.read import read_spec
from training.runfolder.slurm_status import job_of
from training.runfolder.status import run_status


@order("tries no run again")
@in_owners_name
def retry_run(run: RunFolder, by: str = "") -> str:
    """Queue a run again that failed, was stopped or was lost; our trainer goes on from its last checkpoint.

    Args:
        by: the user who asks; empty: this user.

    Returns:
        What was done, in words.

    Raises:
        LaunchError: it is alive, queued, finished or unreadable, its folder is another user's, or `attempts` is a link.
        NotSigned: it was not queued here; it must be adopted.
    """
    with opened(run) as folder:
        _refuse_linked_attempts(folder)
        status, of_slurm = run_status(folder, slurm=Asked()), is_slurm(folder)
        if status.recorded:
            raise LaunchError(refusal(folder, status, "only a run that was launched can be tried again"))
        if status.phase is Phase.FINISHED:
            raise LaunchError(f"{run.run_id} is finished. Launch its plan again for another run.")
        if not of_slurm:
            _refuse_elsewhere(folder, status)
        if not status.phase.can_be_retried:
            raise LaunchError(refusal(folder, status, "only a run that ended can be tried again"))
        if unsigned := refusal_of(folder):
            raise NotSigned(f"{run.run_id} is not tried again: {unsigned.words}.")
        if of_slurm:
            _refuse_second_job(folder)
        try:
            queue_again(folder, status_words(status), by=by)
            if not of_slurm:
                ensure_dispatcher(run.runs_dir)
        except NotADirectoryError as error:
            raise LaunchError(f"{error.filename}: {error.strerror}. Move it away.") from error
        except OSError as error:
            raise cannot_be_written(folder.attempts_dir, error) from error
        words = " It goes on from its last checkpoint." if goes_on(folder, read_spec(folder)) else ""
    job = _job_words(run) if of_slurm else ""
    return f"{run.run_id} is queued again{job}.{words}"


def _job_words(run: RunFolder) -> str:
    """Submit it; if that cannot be done now, any later command does it."""
    try:
        submit(run)
        job = job_of(run.latest_attempt())
    except (LaunchError, RunFolderError, OSError) as error:
        return f", and not submitted yet: {str(error).removesuffix('.')}"
    return f" as job {job.job}" if job else ""


def _refuse_second_job(run: RunFolder) -> None:
    """Raises LaunchError while the job of its last attempt may still go on."""
    try:
        refuse_while_it_may_come_back(run)
    except SlurmError as why:
        raise LaunchError(f"{run.run_id} is not tried again: {why}.") from None


def _refuse_linked_attempts(run: RunFolder) -> None:
    """Comes before any read through it: a link may lead to the attempts of another run, or to another user's folder."""
    try:
        with held_folder(run.attempts_dir):
            pass
    except NotADirectoryError as error:
        raise LaunchError(f"{run.attempts_dir}: {error.strerror}. Move it away.") from error
    except OSError:  # there is none yet, or the status says what is wrong
        return


def _refuse_elsewhere(run: RunFolder, status: Status) -> None:
    """What another host did, or does, goes on here only if a user says that this host is gone.

    Raises:
        LaunchError: the newest attempt is on another host.
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
            f"{run.run_id} is {status_words(status)}{where}. If {host} does nothing with it any more, "
            f"`iqa-tui retry --from-elsewhere {run.run_id}` goes on here."
        )
