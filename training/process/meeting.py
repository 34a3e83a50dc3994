"""Files without a name, in which the processes of one run meet and say how they are.

The kernel frees such a file with the last process that holds it, so a run that is killed leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import os
import tempfile

READY = "ready\n"
MOST_BYTES = 65_536
"""Of what one process says."""


class NamelessFile:
    """Open in this process and in each that it starts with its descriptors."""

    def __init__(self) -> None:
        """Raises OSError: there is no descriptor, or no room, left."""
        self.descriptor = _open()

    def close(self) -> None:
        """In this process; does not fail."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            with contextlib.suppress(OSError):
                os.close(descriptor)


def path_of(descriptor: int) -> str:
    """Under which a process that holds the file opens it anew: torch's locks are then between processes."""
    return f"/proc/self/fd/{descriptor}"


def say(descriptor: int, words: str) -> None:
    """Add words to the file of this process."""
    os.write(descriptor, words.encode(errors="replace"))


def is_ready(descriptor: int) -> bool:
    return _said(descriptor).startswith(READY)


def last_words(descriptor: int) -> str:
    """What it said besides that it is ready; empty for nothing."""
    return _said(descriptor).removeprefix(READY)


def _said(descriptor: int) -> str:
    with contextlib.suppress(OSError):  # closed, as the workers were ended
        return os.pread(descriptor, MOST_BYTES, 0).decode(errors="replace")
    return ""


def _open() -> int:
    """In memory; in the folder for temporary files if this Python was built for a C library without such files."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("iqa-tui", 0)
    with tempfile.TemporaryFile() as file:  # it has no name
        descriptor = os.dup(file.fileno())
    os.set_inheritable(descriptor, True)
    return descriptor
