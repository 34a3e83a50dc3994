"""Whether a disk is full."""

from __future__ import annotations

import os
from pathlib import Path

FULL_BYTES = 1 << 20
"""A disk with less room than this is full."""


def is_disk_full(path: Path) -> bool:
    """Whether there is no room for anything that is worth writing."""
    try:
        disk = os.statvfs(path)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < FULL_BYTES
