"""Signs of life of an attempt: a file whose time stamp moves while a process of it lives.

Locks tell that at once, but not to another host, which may not share them, and not across a reboot. The supervisor
touches the file, and so does the trainer, since its supervisor may be dead. A reader writes nothing.
"""

from __future__ import annotations

import contextlib
import math
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from training.runfolder.errors import UnreadableFile
from training.runfolder.layout import AttemptFolder
from training.runfolder.opening import open_regular

PATIENCE_VARIABLE = "IQA_TUI_BEAT_PATIENCE"
"""Seconds instead of `BEAT_PATIENCE_SECONDS`, for tests. All hosts that share a folder must have the same."""
BEAT_PATIENCE_SECONDS = 180.0
"""How long a beat stands still before its processes are believed dead: six beats, and the minute for which a network
file system may show an old time stamp."""
BEATS_A_PATIENCE = 6


def patience_seconds() -> float:
    """How long a beat may stand still."""
    try:
        seconds = float(os.environ.get(PATIENCE_VARIABLE, ""))
    except ValueError:
        return BEAT_PATIENCE_SECONDS
    return seconds if math.isfinite(seconds) and seconds > 0 else BEAT_PATIENCE_SECONDS


def period_seconds() -> float:
    """Between two touches: 30 s."""
    return patience_seconds() / BEATS_A_PATIENCE


class Beat:
    """Gives signs of life of one attempt. The file is held open, so it is found again if its folder is moved.

    Nothing here fails because the beat cannot be written: a run is worth more than its sign of life.
    """

    def __init__(self, attempt: AttemptFolder) -> None:
        """Open the file, made if it is missing, and touch it. The attempt's folder is never made."""
        self._descriptor: int | None = None
        self.is_first = False
        """Whether we made the file: no process worked on this attempt before us."""
        self._next = 0.0
        with contextlib.suppress(OSError, UnreadableFile):
            self._descriptor = self._make(attempt.beat)
        self.touch()

    def _make(self, path: Path) -> int:
        try:
            descriptor = open_regular(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        except FileExistsError:
            return open_regular(path, os.O_WRONLY)
        self.is_first = True
        return descriptor

    def touch(self) -> None:
        """Give a sign of life now. It takes no room, so it works on a full disk."""
        self._next = time.monotonic() + period_seconds()
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.utime(self._descriptor)

    def keep(self) -> None:
        """Touch it if it is time to."""
        if time.monotonic() >= self._next:
            self.touch()

    def keep_in_thread(self) -> None:
        """Touch it as long as this process lives, whatever else it does."""
        threading.Thread(target=self._keep_for_ever, name="beat", daemon=True).start()

    def _keep_for_ever(self) -> None:
        while True:
            time.sleep(period_seconds())
            self.touch()


def beat_ns(attempt: AttemptFolder) -> int | None:
    """The time stamp of the last sign of life, in nanoseconds, by the file server's clock; None if there was none."""
    try:
        return attempt.beat.stat(follow_symlinks=False).st_mtime_ns
    except OSError:
        return None


def beat_age(attempt: AttemptFolder, now: Callable[[], float] = time.time) -> float | None:
    """Seconds since the last sign of life, never below 0; the two hosts' clocks may differ. None if there was none."""
    stamp = beat_ns(attempt)
    return None if stamp is None else max(0.0, now() - stamp / 1e9)


@dataclass(frozen=True, slots=True)
class Still:
    """What was seen of one beat."""

    stamp_ns: int
    since: float
    """When this time stamp was first seen, in seconds of the monotonic clock."""
    has_moved: bool
    """It has shown another time stamp earlier."""


class BeatWatch:
    """For a reader that looks again and again: how long each beat has stood still, by its own clock. For one thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[Path, Still] = {}

    def look(self, attempt: AttemptFolder, stamp_ns: int) -> tuple[float, bool]:
        """Note what the file shows now.

        Returns:
            For how many seconds it has shown that, and whether it has ever moved.
        """
        before = self._seen.get(attempt.path)
        if before is None or before.stamp_ns != stamp_ns:
            before = self._seen[attempt.path] = Still(stamp_ns, self._clock(), before is not None)
        return self._clock() - before.since, before.has_moved
