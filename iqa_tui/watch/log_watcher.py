"""A thread that reads the log that is looked at, as far as its user went in it; it touches no widget."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from textual.message import Message

from iqa_tui.messages import LogChanged
from iqa_tui.monitor.log_reader import LogReader
from iqa_tui.monitor.log_text import LogText, LogWish

PERIOD_SECONDS = 0.5


class LogWatcher:
    """Looks at one log twice a second, and at once when its user goes on in it."""

    def __init__(self, post: Callable[[Message], object], period_seconds: float = PERIOD_SECONDS) -> None:
        """Args:
        post: called in the thread; must be safe there, as `App.post_message` is.
        """
        self._post = post
        self._period_seconds = period_seconds
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._watch, name="log watcher", daemon=True)
        self._asked: tuple[Path | None, LogWish] = (None, LogWish())
        self._reader: LogReader | None = None
        self._posted: tuple[Path, LogText] | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """The thread exits soon; nothing is posted after the look that is under way."""
        self._stopping = True
        self._wake.set()

    def read(self, output: Path | None, wish: LogWish) -> None:
        """Post this log from now on, and what is wished of it; None: no log. Safe in any thread."""
        if (output, wish) != self._asked:
            self._asked = (output, wish)
            self._wake.set()

    def _watch(self) -> None:
        while not self._stopping:
            self._look()
            if not (self._reader and self._reader.is_busy):
                self._wake.wait(self._period_seconds)
            self._wake.clear()

    def _look(self) -> None:
        output, wish = self._asked
        if output is None:
            self._reader = self._posted = None
            return
        if self._reader is None or self._reader.path != output:
            self._reader = LogReader(output)
        text = self._reader.look(wish)
        if self._posted is None or self._posted[0] != output or self._posted[1] is not text:
            self._posted = (output, text)
            self._post(LogChanged(output, text))
