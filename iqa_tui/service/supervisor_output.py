"""What a supervisor says of itself, into a file of its attempt."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path


def is_there(path: Path) -> bool:
    """False too if a network disk cannot tell just now: the supervisor of a trainer must not fail of that."""
    try:
        return path.exists()
    except OSError:
        return False


def say(words: str) -> None:
    with contextlib.suppress(OSError):  # a full disk
        print(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {words}", flush=True)


def print_to(path: Path) -> None:
    """Send our own output to a file: a pipe would tie us to its reader."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
