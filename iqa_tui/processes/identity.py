"""Which process a record means, and how it is signalled if it proves that it is the run's.

Boot id, pid and start ticks together name a process. The pid alone is reused; psutil's create time moves with the
clock; `kill(pid, 0)` says alive of a zombie. But a record proves nothing: a user who may write it may name any
process. Standard library only.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from iqa_tui.errors import LaunchError
from iqa_tui.processes.marks import mark_of, proof_of, signal_marked
from iqa_tui.words.people import owner_name
from training.runfolder.host import boot_id, start_ticks
from training.runfolder.layout import RunFolder
from training.runfolder.schema import ProcessRecord


class NotOfThisRun(LaunchError):
    """A process that a record names and that does not carry the run's mark."""


def is_running(record: ProcessRecord) -> bool:
    """Whether the very process of the record is there and is no zombie. It may still not be the run's."""
    return record.boot_id == boot_id() and start_ticks(record.pid) == record.start_ticks and not _is_zombie(record.pid)


def seconds_running(record: ProcessRecord) -> float:
    """Since the process was started, by the clock since boot, which cannot be set."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - record.start_ticks / os.sysconf("SC_CLK_TCK")


def signal_process(run: RunFolder, record: ProcessRecord, number: signal.Signals) -> bool:
    """Send a signal to the process of the record, if it is our user's and carries the run's mark.

    Returns:
        False if it is gone.

    Raises:
        NotOfThisRun: it is there and carries no such mark, or is another user's.
    """
    proof = proof_of(run)
    if not is_running(record):
        return False
    if signal_marked(record.pid, proof, number):
        return True
    if not is_running(record):  # it ended while we looked
        return False
    raise NotOfThisRun(f"pid {record.pid} does not carry this run's mark; {_why(record, bool(proof.tokens))}")


def carries_mark(run: RunFolder, pid: int) -> bool:
    """Whether this process is our user's and was started for this run."""
    return proof_of(run).fits(mark_of(pid))


def _why(record: ProcessRecord, has_tokens: bool) -> str:
    place = Path(f"/proc/{record.pid}")
    try:
        if place.stat().st_uid != os.geteuid():
            return f"it is {owner_name(place)}'s process"
    except OSError:
        return "it cannot be looked at"
    if record.supervisor_pid is None:
        return "a trainer that was started by hand has none"
    if not has_tokens:
        return "the run was started by an earlier version, which gave none"
    return "process.json may have been changed"


def _is_zombie(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123  pathlib adds nothing to a name in /proc
            return file.read().rpartition(b")")[2].split()[0] in (b"Z", b"X")
    except OSError:
        return True
