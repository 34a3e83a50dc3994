"""Every Python of a played host imports this first: its clock differs from the file server's, or its disk has no flock.

TWO_HOSTS_CLOCK_SECONDS    how far its clock is ahead
TWO_HOSTS_WITHOUT_FLOCK    the folder in which flock answers ENOLCK; empty: none
"""

import errno
import fcntl
import os
import time
from pathlib import Path

AHEAD = float(os.environ.get("TWO_HOSTS_CLOCK_SECONDS") or 0.0)
WITHOUT_FLOCK = os.environ.get("TWO_HOSTS_WITHOUT_FLOCK", "")


def _time(true_time=time.time):
    return true_time() + AHEAD


def _flock(descriptor, operation, true_flock=fcntl.flock):
    number = descriptor if isinstance(descriptor, int) else descriptor.fileno()
    if str(Path(f"/proc/self/fd/{number}").readlink()).startswith(WITHOUT_FLOCK + "/"):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
    return true_flock(descriptor, operation)


if AHEAD:
    time.time = _time
if WITHOUT_FLOCK:
    fcntl.flock = _flock
