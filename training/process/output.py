"""What a run by hand prints is kept in its attempt's `output.log` too."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import RawIOBase
from typing import TextIO

from training.process.attempt import Attempt


class Tee:
    """A text stream that also writes to a file, and is a terminal if the first one is.

    A full disk or a closed pipe behind either of them does not end the run: the run is worth more than what it
    prints.
    """

    def __init__(self, shown: TextIO, kept: RawIOBase) -> None:
        self._shown = shown
        self._kept = kept

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._kept.write(text.encode(errors="replace"))
        with contextlib.suppress(OSError):
            self._shown.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._shown.flush()

    def isatty(self) -> bool:
        return self._shown.isatty()

    def fileno(self) -> int:
        return self._shown.fileno()


@contextmanager
def output_kept(attempt: Attempt) -> Iterator[None]:
    """By hand: copy what is printed to the attempt's output.log. Under the launcher the supervisor has it already."""
    if not attempt.by_hand:
        yield
        return
    stdout, stderr = sys.stdout, sys.stderr
    with attempt.run.attempt(attempt.number).output.open("ab", buffering=0) as kept:
        sys.stdout, sys.stderr = Tee(stdout, kept), Tee(stderr, kept)  # as far as print goes
        try:
            yield
        finally:
            sys.stdout, sys.stderr = stdout, stderr


def let_go_of_output() -> None:
    """Flush what can be flushed: in the last flush a full disk or a closed pipe would turn the exit code into 120."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
