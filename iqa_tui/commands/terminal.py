"""Whether somebody sits in front of us."""

from __future__ import annotations

import sys


def has_terminal() -> bool:
    """The app reads standard input and draws on standard error; who redirects standard output wants text."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))
