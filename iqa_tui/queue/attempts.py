"""Another attempt at a run: a retry that a user asked for, or an automatic resume.

A run that was lost, rebooted or lost its driver is resumed from the last checkpoint, twice at most. After out of
memory, a loss that is not finite, or refused flags only a user retries it, for it would end the same way.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from iqa_tui.words.people import owner_name, user_name
from training.runfolder.engines import LOCAL
from training.runfolder.errors import RunFolderError
from training.runfolder.exits import ExitKind
from training.runfolder.foreign import is_elsewhere
from training.runfolder.held import held, held_folder
from training.runfolder.host import boot_id
from training.runfolder.layout import AttemptFolder, RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.read import read_record
from training.runfolder.schema import ProcessRecord, RetryRecord
from training.runfolder.spec import Spec
from training.runfolder.write import make_folder, write_record

MOST_AUTOMATIC = 2
"""Resumes in a row."""
RECENT_SECONDS = 7 * 24 * 3600.0
"""A user who opens a folder of last year's runs wants to read it, not to start them."""


def may_resume(run: RunFolder, spec: Spec, status: Status) -> bool:
    """True if this run, which is over, is to be resumed.

    A lost run of an external trainer may have done its work: only our trainer leaves a result, so only of our own lost
    runs is it known that they did not. Runs that were started by hand, on another host, or long ago are left to their
    users. So are runs of an earlier version that a reboot ended: without a beat, a host of the same name may work on
    them.
    """
    if spec.engine != LOCAL or status.recorded:  # Slurm requeues its own
        return False
    if status.phase is not Phase.LOST and status.exit_kind is not ExitKind.DRIVER:
        return False
    try:
        attempt = run.latest_attempt()
        process = read_record(attempt.process, ProcessRecord) if attempt else None
        if attempt is None or process is None or process.supervisor_pid is None or is_elsewhere(process):
            return False
        was_rebooted = process.boot_id != boot_id()
        if status.phase is Phase.LOST and was_rebooted and not attempt.beat.exists():
            return False
        is_certain = spec.trainer == "training" or status.phase is not Phase.LOST or was_rebooted
        return is_certain and _is_recent(run) and automatic_attempts(run) < MOST_AUTOMATIC
    except (RunFolderError, OSError):
        return False


def host_elsewhere(run: RunFolder) -> str:
    """The host of the newest attempt, if that is another one; else empty.

    Raises:
        RunFolderError: its record cannot be read.
    """
    attempt = run.latest_attempt()
    process = read_record(attempt.process, ProcessRecord) if attempt else None
    return process.host if process is not None and is_elsewhere(process) else ""


def automatic_attempts(run: RunFolder) -> int:
    """How many of the latest attempts, in a row, were resumes."""
    count = 0
    for attempt in reversed(run.attempts()):
        record = read_record(attempt.retry, RetryRecord)
        if record is None or not record.automatic:
            break
        count += 1
    return count


def queue_again(run: RunFolder, why: str, *, automatic: bool = False, by: str = "") -> None:
    """Make the folder of the next attempt, which queues the run.

    Args:
        why: how the attempt before it ended, in words.
        automatic: a resume, not a retry.
        by: the user who asked; empty: this user.

    Raises:
        NotADirectoryError: `attempts` or the attempt's folder is a symbolic link, or no folder.
        OSError: the folder cannot be written, or a part of it is another user's.
    """
    latest = run.latest_attempt()
    number = latest.number if latest else 1
    # A job of Slurm may end before it begins the run; the next one is another attempt's.
    has_begun = latest is not None and any(path.exists() for path in (latest.process, latest.exit, latest.job))
    with held(run) as folder:
        make_folder(folder.attempts_dir)
        with _held_part(folder, folder.attempts_dir) as attempts:
            if not has_begun:
                make_folder(attempts / str(number))
            with _held_part(folder, attempts / str(number)) as last:
                if has_begun:
                    asked_by = "iqa-tui" if automatic else by or user_name()
                    make_attempt(attempts, number + 1, RetryRecord(asked_by, time.time(), why, automatic))
                # Last, for this queues the run.
                with contextlib.suppress(FileNotFoundError):
                    folder.stop.rename(last / folder.stop.name)


@contextlib.contextmanager
def _held_part(run: RunFolder, path: Path) -> Iterator[Path]:
    """A folder in the run's, held, of the same owner: nothing is written into what another user put there."""
    with held_folder(path) as part:
        if part.stat().st_uid != run.path.stat().st_uid:
            raise PermissionError(errno.EPERM, f"belongs to {owner_name(part)}", str(path))
        yield part


def make_attempt(attempts: Path, number: int, record: RetryRecord) -> None:
    """Make the folder of an attempt that follows another one, unless it is there.

    Folder and record appear at once: a crash between the two would make two attempts of one request.
    """
    aside = AttemptFolder(attempts / f".{number}.{os.getpid()}")
    try:
        write_record(aside.retry, record)
        aside.path.rename(attempts / str(number))
    except OSError:
        shutil.rmtree(aside.path, ignore_errors=True)
        if not (attempts / str(number)).exists():  # else another user asked at the same moment: one attempt is enough
            raise


def _is_recent(run: RunFolder) -> bool:
    """By the last sign of life of its trainer or its records."""
    attempt = run.latest_attempt()
    paths = [run.events, *([attempt.path, attempt.output] if attempt else [])]
    signs = [path.stat().st_mtime for path in paths if path.exists()]
    return bool(signs) and time.time() - max(signs) < RECENT_SECONDS
