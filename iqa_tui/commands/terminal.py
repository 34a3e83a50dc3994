"""Whether a person is at the terminal, and what they see while they wait."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator

BLINK_SECONDS = 1.0
"""A longer wait is announced."""


def has_terminal() -> bool:
    """The app reads standard input and draws on standard error; a user who redirects standard output wants text."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


@contextlib.contextmanager
def asking_the_driver() -> Iterator[None]:
    """Say what is waited for if it takes longer than a blink: a driver that hangs is waited for 20 s."""
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
