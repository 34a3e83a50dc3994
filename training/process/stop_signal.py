"""Whether this process was asked to stop."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from types import FrameType

from training.runfolder.fence import check_fence

STOP_LOOKS_PER_SECOND = 2.0


class StopSignal:
    """Whether this run was asked to stop: by TERM, by Ctrl-C, or by `stop.json`.

    At a second Ctrl-C the process exits at once.
    """

    def __init__(self) -> None:
        self._asked = False
        self._file: Path | None = None
        self._next_look = 0.0
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)

    def watch(self, stop_file: Path) -> None:
        """Look at this file too from now on."""
        self._file = stop_file

    def __call__(self) -> bool:
        """Cheap enough for every step: looks at the file twice a second, and at the owner of the run once a second.

        Raises:
            TakenOver: another attempt has taken the run.
        """
        check_fence()
        if not self._asked and self._file is not None and time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + 1 / STOP_LOOKS_PER_SECOND
            self._asked = self._file.exists()
        return self._asked

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        del frame
        if number == signal.SIGINT and self._asked:
            raise KeyboardInterrupt
        self._asked = True
