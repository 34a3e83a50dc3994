"""The end of a log as the lines that a terminal would show; it is read on as it grows."""

from __future__ import annotations

import os
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from iqa_tui.monitor.log_screen import LogLine, LogScreen
from training.runfolder.errors import UnreadableFile
from training.runfolder.opening import open_regular

TAIL_BYTES = 256 << 10
"""Read at most this much at once: of a longer log only the end is shown."""
KEPT_LINES = 2000


@dataclass(frozen=True, slots=True)
class LogText:
    """The end of one log."""

    lines: tuple[LogLine, ...] = ()
    """The oldest first; the last ones may still change."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The lines without their styles."""
        return tuple(line.text for line in self.lines)


class LogTail:
    """Follows one log file; each `poll` reads what is new."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0
        self._inode: int | None = None
        self._lines: deque[LogLine] = deque(maxlen=KEPT_LINES)
        self._screen = LogScreen()
        self._text = LogText()

    def poll(self) -> LogText:
        """The log's end as it is now; the same object as before if nothing is new."""
        try:
            descriptor = open_regular(self.path)
        except OSError:
            return self._text
        except UnreadableFile as error:
            return self._say(str(error))
        try:
            state = os.fstat(descriptor)
            self._restart_if_replaced(state)
            if state.st_size == self._offset:
                return self._text
            skipped = max(0, state.st_size - self._offset - TAIL_BYTES)
            chunk = os.pread(descriptor, TAIL_BYTES, self._offset + skipped)
        except OSError:
            return self._text
        finally:
            os.close(descriptor)
        self._offset += skipped + len(chunk)
        self._take(chunk, torn=skipped > 0)
        return self._text

    def _say(self, words: str) -> LogText:
        """Shown in place of a log that cannot be read."""
        if self._text.texts != (words,):
            self._text = LogText((LogLine(words),))
            self._inode = 0  # no file has it, so the next file there is a new one
        return self._text

    def _restart_if_replaced(self, state: os.stat_result) -> None:
        if self._inode is not None and (state.st_ino != self._inode or state.st_size < self._offset):
            self._offset, self._screen, self._text = 0, LogScreen(), LogText()
            self._lines.clear()
        self._inode = state.st_ino

    def _take(self, chunk: bytes, *, torn: bool) -> None:
        if torn:  # begins within a line
            begun = chunk.find(b"\n") + 1
            self._screen = LogScreen(self._offset - len(chunk) + begun)
            chunk = chunk[begun:]
        self._lines += self._screen.feed(chunk)
        self._text = LogText((*self._lines, *self._screen.rows()))
