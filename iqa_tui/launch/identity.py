"""Signalling a process that is not our child, without ever hitting another that got its number.

Boot id, pid and start ticks together name a process. The pid alone is reused; psutil's create time moves with the
clock; `kill(pid, 0)` says alive of a zombie. Standard library only.
"""

from __future__ import annotations

import os
import signal
import time

from training.runfolder.host import boot_id
from training.runfolder.read import start_ticks
from training.runfolder.schema import ProcessRecord


def is_running(record: ProcessRecord) -> bool:
    """Whether the very process of the record is there and is no zombie."""
    return record.boot_id == boot_id() and start_ticks(record.pid) == record.start_ticks and not _is_zombie(record.pid)


def seconds_running(record: ProcessRecord) -> float:
    """Since the process was started, by the clock since boot, which nobody sets."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - record.start_ticks / os.sysconf("SC_CLK_TCK")


def signal_process(record: ProcessRecord, number: signal.Signals) -> bool:
    """Send a signal to the process of the record, and to no other. Asked to end, one that was paused is woken.

    Returns:
        False where it is gone.

    Raises:
        PermissionError: it is another user's.
    """
    try:
        descriptor = os.pidfd_open(record.pid)
    except ProcessLookupError:
        return False
    try:
        if not is_running(record):  # asked while the descriptor keeps the number's meaning
            return False
        signal.pidfd_send_signal(descriptor, number)
        if number == signal.SIGTERM:
            signal.pidfd_send_signal(descriptor, signal.SIGCONT)
    except ProcessLookupError:
        return False
    finally:
        os.close(descriptor)
    return True


def _is_zombie(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123  pathlib adds nothing to a name in /proc
            return file.read().rpartition(b")")[2].split()[0] in (b"Z", b"X")
    except OSError:
        return True
