"""Time stamps that show whether a run changed, at three `stat` a run."""

from __future__ import annotations

import os
import time
from pathlib import Path

from training.runfolder.layout import RunFolder

SETTLED_SECONDS = 2.0
"""A folder that changed this lately may change again within one tick of its time stamp, so it is not trusted."""


def change_stamp(run: RunFolder, attempt: int) -> tuple[int, ...] | None:
    """Time stamps that show every change of a run that is not alive: each is a file that appears.

    Args:
        attempt: the newest one; 0 before the first. A newer one shows in the stamp of its parent.

    Returns:
        Nanoseconds, 0 for a folder that is not there; None if one cannot be looked at.
    """
    try:
        attempts = f"{run.attempts_dir}"  # half the cost of paths, and this runs for every run
        return _modified_ns(run.path), _modified_ns(attempts), _modified_ns(f"{attempts}/{attempt}")
    except OSError:
        return None


def is_settled(stamp: tuple[int, ...]) -> bool:
    """Whether the same stamp later means that nothing changed."""
    return max(stamp) < time.clock_gettime_ns(time.CLOCK_REALTIME) - SETTLED_SECONDS * 1e9  # the clock of file stamps


def _modified_ns(path: Path | str) -> int:
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116  half the cost of Path.stat, and this runs for every run
    except FileNotFoundError:
        return 0
