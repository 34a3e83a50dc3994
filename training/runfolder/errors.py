"""What can be wrong with a run folder. The text names the file and what to do."""

from __future__ import annotations

import errno

DISK_ERRORS = frozenset((errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.ENOLCK))
"""What the kernel says of a disk that is gone for now: its server does not answer, or gives no locks any more."""


class RunFolderError(Exception):
    """Something about a run folder is not as it must be; the text names the file and what to do."""


class UnreadableFile(RunFolderError):
    """A file that is there but cannot be understood."""


class DiskTrouble(UnreadableFile):
    """A file that its disk does not give now; it may be well a moment later."""


def is_disk_trouble(error: BaseException) -> bool:
    """Whether a disk or its server fails, not the file."""
    return isinstance(error, DiskTrouble) or (isinstance(error, OSError) and error.errno in DISK_ERRORS)


class NewerFormat(RunFolderError):
    """A file written by a later version of this program."""


class Fenced(RunFolderError):
    """Another attempt has taken this run over: this process must write nothing more in its folder, and exit."""


class LockHeld(RunFolderError):
    """Another process holds the lock."""
