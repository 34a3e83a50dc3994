"""Locks of the kernel (flock): freed when the last process that holds the descriptor closes it or exits.

Lock files are never unlinked: a lock on a file that was replaced protects nothing.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from pathlib import Path

from training.runfolder.descriptors import shown_path
from training.runfolder.errors import LockHeld
from training.runfolder.opening import open_regular

PROBE_SECONDS = 0.2
"""A probe holds a shared lock for an instant, so a taker tries again for this long before it gives up."""

NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EIO, errno.EOPNOTSUPP)
"""What flock answers on a disk that gives no locks: NFS without a lock service, Lustre mounted with `noflock`, …"""


class NoLocks(OSError):
    """The disk of a lock file gives no locks, or none any more."""


def open_lock_file(path: Path, mode: int = 0o644) -> int:
    """Open a lock file for locking, making it if it is absent.

    An existing file is opened without O_CREAT first: with fs.protected_regular the kernel refuses O_CREAT on
    another user's file in a sticky folder. A symbolic link is refused: a user who may write in a shared folder could
    make us write into another file. So is a pipe, which would keep us waiting.

    Raises:
        UnreadableFile: there is something else than a file of this name.
        OSError: no such folder, or no permission.
    """
    while True:
        with contextlib.suppress(FileNotFoundError):
            return open_regular(path, os.O_RDWR)
        with contextlib.suppress(FileExistsError):
            return _make_lock_file(path, mode)


def _make_lock_file(path: Path, mode: int) -> int:
    """Make it with its mode: if we were killed before a chmod, a shared one would stay closed to others for ever."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    if mode & 0o022:
        umask = os.umask(0)  # of the whole process: leases are taken by supervisors, which have one thread
        try:
            return os.open(path, flags, mode)
        finally:
            os.umask(umask)
    descriptor = os.open(path, flags, mode)
    with contextlib.suppress(OSError):
        os.fchmod(descriptor, mode)
    return descriptor


def take_lock(path: Path, *, mode: int = 0o644, wait_seconds: float = PROBE_SECONDS) -> int:
    """Lock `path` for this process and every child that gets the descriptor.

    Returns:
        The open descriptor. Closing the last copy of it frees the lock.

    Raises:
        LockHeld: another process has it.
        UnreadableFile: there is something else than a file of this name.
        OSError: the file cannot be opened.
    """
    descriptor = open_lock_file(path, mode)
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            _lock(descriptor, path, fcntl.LOCK_EX)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                raise LockHeld(f"{path} is held by another process") from None
            time.sleep(0.01)
        except BaseException:
            os.close(descriptor)
            raise
        else:
            return descriptor


def _lock(descriptor: int, path: Path, operation: int) -> None:
    """Lock without waiting.

    Raises:
        BlockingIOError: another process has it.
        NoLocks: the disk gives no locks; its words name the file, and `iqa-tui doctor`, which says what helps.
    """
    try:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        words = f"its disk gives no file locks ({error.strerror}): see `iqa-tui doctor`"
        raise NoLocks(error.errno, words, shown_path(path)) from error


def is_held(path: Path) -> bool:
    """Whether any process holds the lock; False if there is no such file.

    Asks by a shared lock for an instant. /proc/locks would disturb no taker, but inside a container it leaves out
    locks whose first owner is dead, and a trainer that outlived its supervisor holds just such a lock.

    Raises:
        UnreadableFile: there is something else than a file of this name.
        NoLocks: its disk gives no locks.
        OSError: the file cannot be opened.
    """
    try:
        descriptor = open_regular(path)
    except FileNotFoundError:
        return False
    try:
        _lock(descriptor, path, fcntl.LOCK_SH)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
