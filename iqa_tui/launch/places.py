"""A run's place in the queue, changed while it waits: held back, released, another priority.

It stands in the run's own folder, so that whoever dispatches finds it there, however often it was killed.
"""

from __future__ import annotations

import time
from dataclasses import replace

from iqa_tui.launch.errors import LaunchError, cannot_be_written
from iqa_tui.launch.lease import user_name
from iqa_tui.launch.queue import ensure_dispatcher
from iqa_tui.launch.stop import refusal
from iqa_tui.launch.turn import PRIORITIES
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record, run_status
from training.runfolder.schema import Place, RunFolderError, State
from training.runfolder.write import write_record


def hold_run(run: RunFolder) -> str:
    """Keep a queued run from starting until it is released. Its place in the queue stays.

    Returns:
        What was done, in words.

    Raises:
        LaunchError: it is not queued, or its folder is another user's.
    """
    _write(run, held=True, why="")
    return f"{run.run_id} is held: it starts once it is released."


def release_run(run: RunFolder) -> str:
    """Let a held run start again when a device is free. Returns and raises as `hold_run`."""
    _write(run, held=False, why="", released=time.time())
    ensure_dispatcher(run.runs_dir)
    return f"{run.run_id} is released: it starts when its turn comes."


def hold_unasked(run: RunFolder, why: str) -> None:
    """Keep a queued run from starting until a user releases it.

    Args:
        why: in words, for its row.

    Raises:
        LaunchError: as `hold_run`.
    """
    _write(run, by="iqa-tui", held=True, why=why)


def prioritise_run(run: RunFolder, priority: str) -> str:
    """Give a queued run another priority. Returns and raises as `hold_run`; LaunchError for an unknown priority too."""
    if priority not in PRIORITIES:
        raise LaunchError(f"There is no priority {priority!r}. Use one of {', '.join(PRIORITIES)}.")
    _write(run, priority=priority)
    return f"{run.run_id} now has {priority} priority."


def _write(run: RunFolder, by: str = "", **changes: bool | str | float) -> None:
    status = run_status(run)
    if status.state is not State.QUEUED:
        raise LaunchError(refusal(run, status, "only a queued run has a place in the queue"))
    try:
        before = read_record(run.place, Place)
    except RunFolderError:
        before = None
    now = Place(by=by or user_name(), when=time.time())
    place = replace(before, by=now.by, when=now.when) if before else now
    try:
        write_record(run.place, replace(place, **changes))  # type: ignore[arg-type]  # names and kinds stand above
    except OSError as error:
        raise cannot_be_written(run.place, error) from error
