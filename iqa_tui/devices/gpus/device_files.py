"""Whether this user may open a GPU's device file. The driver lists GPUs that a cgroup or a file's mode forbids."""

from __future__ import annotations

import errno
import os
from pathlib import Path

DEVICE_FOLDER = Path("/dev")
CONTROL_FILE = "nvidiactl"
"""It is there if this driver has device files at all; under WSL it has none."""
REFUSALS = (errno.EPERM, errno.EACCES, errno.ENOENT)
"""By a cgroup; by the file's mode; by a container that was not given the file. All else says nothing of permissions."""
WAY_OUT = "a batch job, a container or the file's mode keeps it from you; ask for it there, the other GPUs go on"


def why_closed(minor: int | None, folder: Path = DEVICE_FOLDER) -> str:
    """Why no run of this user can have this GPU, in words; empty if one can, or if that cannot be told.

    The file is opened, not only looked at: a cgroup refuses nothing before that.

    Args:
        minor: the number in the file's name, as the driver tells it; None if it does not.
    """
    if minor is None or not (folder / CONTROL_FILE).exists():
        return ""
    path = folder / f"nvidia{minor}"
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CLOEXEC))
    except OSError as error:
        if error.errno in REFUSALS:
            return forbidden_words(f"{path} cannot be opened ({error.strerror})")
    return ""


def forbidden_words(what: str) -> str:
    return f"it is forbidden to you: {what}; {WAY_OUT}"
