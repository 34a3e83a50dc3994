"""The files of a user's dispatcher: its lock, its log, and its present trouble.

They lie in the user's own state folder, in which no other user can hold, replace or link them. Their names contain the
host and the device and inode number of the folder of runs: a folder that is renamed keeps its dispatcher, and one that
is reached by several paths has one dispatcher. The lock's name contains the boot as well, so two hosts of one name
(cloned images) that share a home have a dispatcher each. A remount may give a folder another device number: then there
may be two dispatchers for a while, which the runs' own locks and the leases keep apart.

Earlier versions had lock and log in the folder of runs. Dispatchers of this version share a lock there that is the
user's own, so that no dispatcher of an earlier version works beside them.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import stat
from pathlib import Path

from iqa_tui.errors import LaunchError
from iqa_tui.trust.state_folder import STATE_VARIABLE, state_folder, state_path
from training.runfolder.errors import LockHeld, UnreadableFile
from training.runfolder.host import boot_id, host_name, machine_id
from training.runfolder.lock import is_held, take_lock
from training.runfolder.opening import open_regular, read_bounded
from training.runfolder.write import write_atomic

LARGEST_TROUBLE_BYTES = 4096


def dispatcher_lock(runs_dir: Path) -> Path:
    """Held by the one dispatcher that works on this folder for this user on this host, since it was booted."""
    return _file(runs_dir, f"{boot_id()[:8]}.lock")


def dispatcher_log(runs_dir: Path) -> Path:
    """What this user's dispatcher decided, for users to read."""
    return _file(runs_dir, "log")


def dispatcher_trouble(runs_dir: Path) -> Path:
    """Why it cannot start anything now; absent if it can."""
    return _file(runs_dir, "trouble")


def _file(runs_dir: Path, suffix: str) -> Path:
    """Raises OSError: there is no such folder of runs."""
    host = re.sub(r"[^A-Za-z0-9.-]+", "-", host_name())
    return state_path() / f"dispatcher-{host}-{machine_id()[:8]}-{_digest(runs_dir)}.{suffix}"


def _digest(runs_dir: Path) -> str:
    found = runs_dir.stat()
    return hashlib.sha256(f"{found.st_dev} {found.st_ino}".encode()).hexdigest()[:16]


def take_dispatching(runs_dir: Path) -> list[int]:
    """Become the dispatcher of this folder of runs.

    Returns:
        The open locks.

    Raises:
        LockHeld: another dispatcher of this user works on it.
        LaunchError: the state folder cannot be used.
        OSError: there is no such folder of runs.
    """
    state_folder()
    lock = dispatcher_lock(runs_dir)
    try:
        taken = take_lock(lock, mode=0o600)
    except (UnreadableFile, OSError) as error:
        raise _cannot_be_locked(lock, error) from error
    try:
        return [taken, *_share_older_lock(runs_dir)]
    except LockHeld:
        os.close(taken)
        raise


def _share_older_lock(runs_dir: Path) -> list[int]:
    """An earlier version takes it exclusively. Another user's file, or something else in its place, stops nothing."""
    path = older_dispatcher_lock(runs_dir, os.geteuid())
    if not _is_file_of(path, os.geteuid()):
        return []
    with contextlib.suppress(OSError, UnreadableFile):
        descriptor = open_regular(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise LockHeld(f"{path} is held by a dispatcher of an earlier version") from None
        except OSError:
            os.close(descriptor)
            raise
        return [descriptor]
    return []


def _is_file_of(path: Path, user_id: int) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_uid == user_id


def dispatches_as_before(runs_dir: Path, user_id: int) -> bool:
    """True if a dispatcher of an earlier version works on this folder for this user."""
    lock = older_dispatcher_lock(runs_dir, user_id)
    with contextlib.suppress(OSError, UnreadableFile):
        return _is_file_of(lock, user_id) and is_held(lock)
    return False


def is_dispatching(runs_dir: Path) -> bool:
    """True if a dispatcher of this user works on this folder: on this host, or one of an earlier version on any host.

    False too if the state folder cannot be read: starting a dispatcher says why.
    """
    with contextlib.suppress(OSError, UnreadableFile):
        if is_held(dispatcher_lock(runs_dir)):
            return True
    return dispatches_as_before(runs_dir, os.geteuid())


def _cannot_be_locked(path: Path, error: UnreadableFile | OSError) -> LaunchError:
    why = error.strerror if isinstance(error, OSError) else error
    return LaunchError(f"{path}: cannot be locked ({why}). Name another folder for your own state in {STATE_VARIABLE}.")


def write_trouble(runs_dir: Path, words: str) -> None:
    """Say why nothing can be started, for the rows of the queued runs; empty: all is well again. Never raises."""
    with contextlib.suppress(OSError, LaunchError):
        state_folder()
        path = dispatcher_trouble(runs_dir)
        if words:
            write_atomic(path, words.encode(errors="replace")[:LARGEST_TROUBLE_BYTES])
        else:
            path.unlink(missing_ok=True)


def read_trouble(runs_dir: Path) -> str:
    """Why this user's dispatcher cannot start anything here now; empty if it can, or never tried."""
    try:
        state_folder()
    except LaunchError as error:
        return str(error)
    with contextlib.suppress(OSError, UnreadableFile):
        return read_bounded(dispatcher_trouble(runs_dir), LARGEST_TROUBLE_BYTES).decode(errors="replace").strip()
    return ""


def older_dispatcher_lock(runs_dir: Path, user_id: int) -> Path:
    """Held by a dispatcher of an earlier version, which had its lock in the folder of runs."""
    return runs_dir / f"dispatcher-{user_id}.lock"
