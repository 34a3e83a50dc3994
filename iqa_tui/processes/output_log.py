"""What a trainer prints: one file that it writes itself, and that never grows beyond a size.

A file and not a pipe, so that a trainer goes on printing when its supervisor has exited. Standard library only.
"""

from __future__ import annotations

import os
from pathlib import Path

MIB = 1 << 20
LARGEST_BYTES = 64 * MIB
"""A log this long is cut in its middle. Looked at a few times a second, so a fast one is longer for a moment."""
KEPT_HEAD_BYTES = 1 * MIB
"""How it began: settings and versions."""
KEPT_TAIL_BYTES = 4 * MIB
"""What it printed last: a traceback that ends it must survive."""


class OutputLog:
    """One `output.log`, open for appending."""

    def __init__(self, path: Path, largest_bytes: int = LARGEST_BYTES) -> None:
        """Raises OSError if it cannot be opened."""
        self.descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        self._largest_bytes = largest_bytes
        self._head_bytes = min(KEPT_HEAD_BYTES, largest_bytes // 8)
        self._tail_bytes = min(KEPT_TAIL_BYTES, largest_bytes // 8)
        self._cut_bytes = 0
        """In all: each cut removes the note of the previous one."""

    def limit(self) -> None:
        """Cut the middle out of a log that is too long.

        They append at the end, wherever it is then. Only what they print within the instant between the last read
        and the cut is lost, with the megabytes before it.

        Raises:
            OSError: the disk is gone.
        """
        size = os.fstat(self.descriptor).st_size
        if size <= self._largest_bytes:
            return
        tail = os.pread(self.descriptor, self._tail_bytes, size - self._tail_bytes)
        self._cut_bytes += size - self._head_bytes - len(tail)
        # The tail takes a millisecond to read: a trainer that ends in it must not lose its last words.
        tail += os.pread(self.descriptor, self._largest_bytes, size)
        os.ftruncate(self.descriptor, self._head_bytes)
        cut_mib = self._cut_bytes / MIB
        note = f"\n[iqa-tui: {cut_mib:.1f} MiB were cut out here: a log keeps {self._largest_bytes / MIB:g} MiB]\n"
        os.write(self.descriptor, note.encode() + tail)
