"""What to say if the system refuses to start a process: it passes, and no run is to blame. Standard library only: the
supervisor uses it.
"""

from __future__ import annotations

import errno
import resource

NO_PROCESS_ERRORS = (errno.EAGAIN, errno.ENOMEM)
"""What fork(2) says: too many processes, or too little memory."""


def is_no_process(error: OSError) -> bool:
    """Whether a start failed because there may be no more processes, and not because of the command."""
    return error.errno in NO_PROCESS_ERRORS


def no_process_words(error: OSError) -> str:
    """Why, with the limit that a user can look up."""
    if error.errno == errno.ENOMEM:
        return "this machine has no memory for one more process"
    most, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    limit = "" if most == resource.RLIM_INFINITY else f" {most:,}"
    return f"this machine lets you start no more processes (ulimit -u{limit})"
