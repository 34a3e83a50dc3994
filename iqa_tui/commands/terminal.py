"""Whether somebody sits in front of us, and what they see while they wait."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator

BLINK_SECONDS = 1.0
"""What takes longer is told of."""


def has_terminal() -> bool:
    """The app reads standard input and draws on standard error; who redirects standard output wants text."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


@contextlib.contextmanager
def asking_the_driver() -> Iterator[None]:
    """Say what is waited for where it takes longer than a blink: a driver that hangs is waited for ten seconds."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield
        return
    words = "asking the NVIDIA driver …"
    timer = threading.Timer(BLINK_SECONDS, print, (words,), {"file": sys.stderr, "flush": True})
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
