"""The end of a log as plain text: a terminal obeys nothing of what the trainer printed.

Carriage returns overwrite as on a terminal (the last state of a progress bar is what is seen), and so does what is
written after the cursor went up (nested bars: each once, at its last state); other escape sequences and
control characters are left out, bytes that are no UTF-8 show as replacement characters.
"""

from __future__ import annotations

import os
import re
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from training.runfolder.errors import UnreadableFile
from training.runfolder.opening import open_regular
from training.runfolder.text import plain

TAIL_BYTES = 256 << 10
"""Read at most this much at once: of a longer log only the end is shown."""
LONGEST_LINE = 4000
"""Characters kept of one line."""
KEPT_LINES = 2000

ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor moves
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)"  # OSC, DCS, SOS, PM, APC, up to their end
    r"|\x1b[ -/]*[0-~]?"  # everything shorter
    r"|\x9b[0-?]*[ -/]*[@-~]"  # CSI as one character
)
MOVES = re.compile(rb"(\n|\x1b\[\d{0,4}[AF])")
"""To the line below, or lines up, as nested progress bars do at every refresh."""
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
"""Controls, and the signs that turn the direction of writing or take no place."""


@dataclass(frozen=True, slots=True)
class LogText:
    """The end of one log."""

    lines: tuple[str, ...] = ()
    """The oldest first; the last one may still grow."""
    first: int = 0
    """Number of the first of them, counted from the first one that was read."""


def plain_text(raw: bytes) -> str:
    """One line of a log, without its newline, as it would stand on a terminal, without colours."""
    text = ESCAPES.sub("", raw.decode("utf-8", errors="replace"))
    overwritten = [part for part in text.split("\r") if part.strip()]
    text = overwritten[-1] if overwritten else ""
    return plain(UNSEEN.sub("", _without_backspaces(text).expandtabs(8)))[:LONGEST_LINE]


def _without_backspaces(text: str) -> str:
    """Each backspace takes the character before it."""
    if "\b" not in text:
        return text
    kept: list[str] = []
    for sign in text:
        if sign != "\b":
            kept.append(sign)
        elif kept:
            kept.pop()
    return "".join(kept)


class LogTail:
    """Follows one log file; each `poll` reads what is new."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0
        self._inode: int | None = None
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._seen = 0
        self._open_line = b""
        self._above = 0
        """Lines from the end back to the one that is written; 0: a new one below them."""
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
        if self._text.lines != (words,):
            self._text, self._inode = (
                LogText((words,)),
                0,
            )  # no file has this inode, so the next file there is a new one
        return self._text

    def _restart_if_replaced(self, state: os.stat_result) -> None:
        if self._inode is not None and (state.st_ino != self._inode or state.st_size < self._offset):
            self._offset, self._open_line, self._above, self._seen, self._text = 0, b"", 0, 0, LogText()
            self._lines.clear()
        self._inode = state.st_ino

    def _take(self, chunk: bytes, *, torn: bool) -> None:
        if torn:  # begins within a line
            self._open_line, self._above = b"", 0
            chunk = chunk.partition(b"\n")[2] or chunk
        *moves, self._open_line = MOVES.split(self._open_line + chunk)
        for line, move in zip(moves[::2], moves[1::2], strict=True):
            self._end_line(line, move)
        self._open_line = self._open_line[-TAIL_BYTES:]
        growing = plain_text(self._open_line)
        if growing and self._above:
            self._lines[-self._above] = growing
        lines = (*self._lines, growing) if growing and not self._above else tuple(self._lines)
        self._text = LogText(lines, self._seen - len(self._lines))

    def _end_line(self, raw: bytes, move: bytes) -> None:
        """Put the line where the cursor is, then move the cursor. A bar that is written again replaces its last
        state; one that is wiped keeps it.
        """
        text, is_newline = plain_text(raw), move == b"\n"
        if self._above:
            if text:
                self._lines[-self._above] = text
        elif text or is_newline:
            self._lines.append(text)
            self._seen += 1
            self._above = 1
        if is_newline:
            self._above = max(0, self._above - 1)
        else:
            self._above = min(len(self._lines), self._above + int(move[2:-1] or 1))
