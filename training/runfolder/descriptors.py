"""Paths that begin with a descriptor, `/proc/self/fd/N`: the folder itself, whatever its name is by now."""

from __future__ import annotations

import re
from pathlib import Path

HELD = re.compile(r"/proc/self/fd/(\d+)(?![\d])")


def descriptor_in(path: Path) -> int | None:
    """The descriptor that a path begins with; None for any other path."""
    match = HELD.match(str(path))
    return int(match[1]) if match else None


def shown_path(text: str | Path) -> str:
    """A path, or words with paths in them, with each descriptor of a folder replaced by the folder's present name."""
    return HELD.sub(_name_of_descriptor, str(text))


def _name_of_descriptor(match: re.Match[str]) -> str:
    try:
        return str(Path(match[0]).readlink()).removesuffix(" (deleted)")
    except OSError:
        return match[0]
