"""Paths of plan files that begin as the user typed."""

from __future__ import annotations

import os
from pathlib import Path

SUFFIX = ".toml"
MOST_ENTRIES = 5000
"""Entries of a folder that are looked at: a field must answer, whatever folder is named."""


def plan_paths(typed: str) -> list[str]:
    """Folders, which end in `/`, and plan files whose path begins with `typed`, in order; hidden ones only if their dot
    is typed. Paths stay as they are typed: relative, or with a `~`. [] if the folder cannot be read.
    """
    if typed == "~":
        return ["~/"]
    folder, _, begin = typed.rpartition("/")
    folder = typed[: len(typed) - len(begin)]
    found = []
    try:
        with os.scandir(Path(folder or ".").expanduser()) as entries:
            for _, entry in zip(range(MOST_ENTRIES), entries, strict=False):
                if entry.name.startswith(begin) and (begin.startswith(".") or not entry.name.startswith(".")):
                    if entry.is_dir():
                        found.append(f"{folder}{entry.name}/")
                    elif entry.name.endswith(SUFFIX):
                        found.append(f"{folder}{entry.name}")
    except (OSError, ValueError, RuntimeError):  # a NUL in the path, or a `~user` that there is not
        return []
    return sorted(path for path in found if path.isprintable())
