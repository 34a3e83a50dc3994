"""The net below the gate: whatever a command prints, no line of it carries what a terminal would obey.

Texts from files pass `training.runfolder.text` where records become what is shown. Other printed text (an error that
quotes a file, a path) is caught here.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any, TextIO, cast

from training.runfolder.text import plain_lines


class _Net:
    """A text stream that writes every line plain; all else is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(plain_lines(text))
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def plain_output() -> Iterator[None]:
    """While it lasts, standard output and standard error print plain lines."""
    streams = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (cast(TextIO, _Net(stream)) if stream is not None else stream for stream in streams)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = streams
