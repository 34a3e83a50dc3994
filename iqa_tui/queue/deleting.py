"""Deletes the folders of runs that are over. Nothing else, and nothing of another user."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from iqa_tui.errors import LaunchError, cannot_be_written
from iqa_tui.queue.as_owner import opened
from iqa_tui.queue.noting import refuse_if_not_own
from iqa_tui.settings.read_only import order
from iqa_tui.slurm.look import Asked
from iqa_tui.slurm.node import lock_if_possible
from iqa_tui.slurm.submit import is_slurm
from iqa_tui.words.states import refusal
from training.runfolder.errors import LockHeld, RunFolderError
from training.runfolder.layout import RunFolder
from training.runfolder.lock import take_lock
from training.runfolder.phase import Phase
from training.runfolder.read import read_spec
from training.runfolder.status import run_status


def folder_bytes(run: RunFolder) -> int:
    """What its files take on the disk; what cannot be looked at counts as nothing."""
    total = 0
    for folder, _, names in os.walk(run.path):
        for name in names:
            try:
                total += os.lstat(f"{folder}/{name}").st_blocks * 512
            except OSError:
                continue
    return total


def refuse_to_delete(run: RunFolder) -> None:
    """Look whether a run may be deleted, and change nothing.

    Raises:
        LaunchError: it may not, in words: no run's folder, another user's, or not known to be over.
    """
    with opened(run) as folder:
        _refuse(folder, run)


@order("deletes no run")
def delete_run(run: RunFolder) -> str:
    """Delete the folder of a run that is over, with its result and checkpoints. This cannot be undone.

    Returns:
        What was done, in words.

    Raises:
        LaunchError: as `refuse_to_delete`; or some of its files cannot be deleted.
    """
    with opened(run) as folder:
        _refuse(folder, run)
        with _not_started(folder, run):
            _refuse(folder, run)
            aside = run.path.with_name(f".deleted-{os.getpid()}-{time.monotonic_ns()}")
            _rename(run, folder, aside)
            try:
                shutil.rmtree(aside)
            except OSError as error:
                raise LaunchError(
                    f"{run.run_id} is gone from every table, but {cannot_be_written(aside, error)}"
                ) from error
    return f"{run.run_id} is deleted."


def _refuse(folder: RunFolder, run: RunFolder) -> None:
    refuse_if_not_own(folder, run, "deletes it")
    try:
        read_spec(folder)
    except RunFolderError as error:
        raise LaunchError(f"{run.run_id} is not known to be a run, so it is not deleted: {error}") from error
    status = run_status(folder, slurm=Asked())
    if not status.phase.is_over or status.phase is Phase.UNREADABLE or status.host:
        raise LaunchError(refusal(run, status, "only a run of this host that is over can be deleted"))


@contextmanager
def _not_started(folder: RunFolder, run: RunFolder) -> Iterator[None]:
    """Hold the lock without which no supervisor starts it."""
    try:
        lock = lock_if_possible if is_slurm(folder) else take_lock
        descriptor = lock(folder.supervisor_lock)
    except LockHeld:
        raise LaunchError(f"{run.run_id} has just been started: it is not deleted.") from None
    except (OSError, RunFolderError) as error:
        raise LaunchError(f"{run.run_id} is not deleted: {error}") from error
    try:
        yield
    finally:
        os.close(descriptor)


def _rename(run: RunFolder, folder: RunFolder, aside: Path) -> None:
    """Put it out of sight, whole, before the first file goes: no reader ever sees half a run.

    Raises:
        LaunchError: another folder has its name by now, or it cannot be renamed.
    """
    try:
        run.path.rename(aside)
        moved, known = aside.lstat(), folder.path.stat()
    except OSError as error:
        raise cannot_be_written(run.path, error) from error
    if not stat.S_ISDIR(moved.st_mode) or (moved.st_dev, moved.st_ino) != (known.st_dev, known.st_ino):
        aside.rename(run.path)
        raise LaunchError(f"{run.path}: another folder has this name by now. Nothing was deleted.")
