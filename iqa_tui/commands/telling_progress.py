"""How far a computation is, on a line of a terminal that is taken away at its end; nothing for a file or a pipe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from iqa_tui.results.intervals.cancelling import SILENT, Observer


@contextmanager
def progress_on(stream: TextIO, what: str) -> Iterator[Observer]:
    """An observer that writes `what` and a share in per cent."""
    if not stream.isatty():
        yield SILENT
        return
    shown = -1

    def show(share: float) -> None:
        nonlocal shown
        if int(100 * share) > shown:
            shown = int(100 * share)
            stream.write(f"\r{what}, {shown}%")
            stream.flush()

    try:
        yield Observer(on_progress=show)
    finally:
        stream.write(f"\r{' ' * (len(what) + 6)}\r")
        stream.flush()
