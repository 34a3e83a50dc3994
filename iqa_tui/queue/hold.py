"""Orders on a queued run: hold it, release it, give it another priority.

They are written into the run's own folder, so that the next dispatcher finds them if one is killed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from iqa_tui.errors import LaunchError, cannot_be_written
from iqa_tui.plans.priority import PRIORITIES
from iqa_tui.queue.as_owner import in_owners_name, opened
from iqa_tui.queue.dispatching import ensure_dispatcher
from iqa_tui.settings.read_only import order
from iqa_tui.slurm.look import Asked
from iqa_tui.slurm.orders import hold, prioritise, release, shown_job
from iqa_tui.slurm.submit import is_slurm, submit
from iqa_tui.words.people import user_name
from iqa_tui.words.states import refusal
from training.runfolder.errors import RunFolderError
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.read import read_record
from training.runfolder.schema import Place
from training.runfolder.status import run_status
from training.runfolder.write import write_record


@order("holds no run")
@in_owners_name
def hold_run(run: RunFolder, by: str = "") -> str:
    """Keep a queued run from starting until it is released. It keeps its order in the queue.

    Args:
        by: the user who asks; empty: this user.

    Returns:
        What was done, in words.

    Raises:
        LaunchError: it is not queued, or its folder is another user's.
    """
    _write(run, by, held=True, why="")
    return f"{run.run_id} is held: it starts once it is released.{_tell_slurm(run, hold)}"


@order("releases no run")
@in_owners_name
def release_run(run: RunFolder, by: str = "") -> str:
    """Let a held run start again when a device is free. Takes, returns and raises as `hold_run`."""
    _write(run, by, held=False, why="", released=time.time())
    words = f"{run.run_id} is released: it starts when its turn comes."
    if is_slurm(run):
        return words + _tell_slurm(run, release)
    ensure_dispatcher(run.runs_dir)
    return words


def hold_unasked(run: RunFolder, why: str) -> None:
    """Keep a queued run from starting until a user releases it.

    Args:
        why: in words; shown in its row.

    Raises:
        LaunchError: as `hold_run`.
    """
    _write(run, "iqa-tui", held=True, why=why)


@order("gives no run another priority")
@in_owners_name
def prioritise_run(run: RunFolder, priority: str, by: str = "") -> str:
    """Give a queued run another priority. Returns and raises as `hold_run`; LaunchError for an unknown priority too."""
    if priority not in PRIORITIES:
        raise LaunchError(f"There is no priority {priority!r}. Use one of {', '.join(PRIORITIES)}.")
    _write(run, by, priority=priority)
    words = f"{run.run_id} now has {priority} priority."
    return words + _tell_slurm(run, lambda job: prioritise(job, priority))


def _tell_slurm(run: RunFolder, order: Callable[[str], None]) -> str:
    """Give the order to the run's job, if it has one; words on what went wrong, or empty.

    A run without a job is submitted, or not, as its folder says by then.
    """
    if not is_slurm(run):
        return ""
    try:
        job = shown_job(run)
        if job is not None:
            order(job)
        else:
            submit(run)
    except (LaunchError, RunFolderError, OSError) as error:
        return f" But Slurm was not told: {error}"
    return ""


def _write(run: RunFolder, by: str, **changes: bool | str | float) -> None:
    with opened(run) as folder:
        status = run_status(folder, slurm=Asked())
        if status.phase is not Phase.QUEUED:
            raise LaunchError(refusal(folder, status, "only a queued run can be held, released or given a priority"))
        try:
            before = read_record(folder.place, Place)
        except RunFolderError:
            before = None
        now = Place(by=by or user_name(), when=time.time())
        place = replace(before, by=now.by, when=now.when) if before else now
        try:
            write_record(folder.place, replace(place, **changes))  # type: ignore[arg-type]  # names and kinds above
        except OSError as error:
            raise cannot_be_written(folder.place, error) from error
