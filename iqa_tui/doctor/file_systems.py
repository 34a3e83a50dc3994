"""On which file system a folder lies, and how that is mounted."""

from __future__ import annotations

import contextlib
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
NETWORK_KINDS = ("nfs", "cifs", "smb", "fuse.sshfs", "lustre", "beegfs", "gpfs", "ceph", "glusterfs", "9p", "afs")
"""Beginnings of the kinds of file systems that several machines share."""


def file_system(folder: Path, mounts: Path = MOUNTS) -> tuple[str, list[str]]:
    """Its kind and its mount options; ("", []) if the system does not list its mounts."""
    best: tuple[int, str, list[str]] = (0, "", [])
    with contextlib.suppress(OSError):
        for line in mounts.read_text().splitlines():
            before, _, after = line.partition(" - ")
            place = before.split()[4].replace(r"\040", " ")
            if folder == Path(place) or Path(place) in folder.parents:
                kind, _, options = after.split(maxsplit=2)
                if len(place) >= best[0]:  # of two mounts on one place the later one is seen
                    best = (len(place), kind, options.split(","))
    return best[1], best[2]


def is_network_disk(kind: str) -> bool:
    """True for a kind of file system that several machines share."""
    return kind.startswith(NETWORK_KINDS)


def existing_parent(path: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    path = path.absolute()
    return path if path.exists() else existing_parent(path.parent)
