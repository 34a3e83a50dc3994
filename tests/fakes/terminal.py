"""A real terminal without a window: a pseudo-terminal whose screen pyte keeps, as text."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping
from typing import Self

import pyte

PATIENCE_SECONDS = 40.0
PRIVATE = re.compile(rb"\x1b\[[<=>][0-9;]*[a-zA-Z]")
"""Keyboard protocol sequences that pyte takes for text."""
WHETHER_SYNCHRONISED, IT_IS = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
"""What a program asks a terminal that knows synchronised output, and what that answers."""


class Terminal:
    """Runs one command at a size; use it in a `with` block, which leaves nothing running."""

    def __init__(
        self, command: list[str], columns: int, rows: int, env: Mapping[str, str] = {}, *, answers: bool = False
    ) -> None:
        """Args:
        answers: it knows synchronised output, and says so whenever it is asked.
        """
        self._answers = answers
        self._unanswered = b""
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.received_bytes = 0
        self._controller, terminal = pty.openpty()
        self.resize(columns, rows)
        # pytest-xdist sets the size of its own terminal for its workers, and programs believe that before the terminal.
        outside = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            command,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env={**outside, "TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", **env},
            start_new_session=True,
        )
        os.close(terminal)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Kill it, whatever its state."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.vanish()

    def vanish(self) -> None:
        """The terminal goes, its program may stay: a window is closed, a connection lost."""
        if self._controller >= 0:
            os.close(self._controller)
            self._controller = -1

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._controller, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)
        if hasattr(self, "process"):
            os.killpg(self.process.pid, signal.SIGWINCH)

    def press(self, keys: str) -> None:
        """Type; escape sequences stand for special keys."""
        os.write(self._controller, keys.encode())

    @property
    def text(self) -> str:
        """The screen as it is now, a line a row, blanks at the ends of lines left out."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def read(self, seconds: float, at_most_bytes: int = 1 << 40) -> None:
        """Take in what the program draws for a while, or until it ends.

        Args:
            at_most_bytes: as a slow line does; the rest of the time passes without reading.
        """
        deadline = time.monotonic() + seconds
        left_bytes = at_most_bytes
        while (left := deadline - time.monotonic()) > 0:
            if not left_bytes:
                time.sleep(left)
                return
            ready, _, _ = select.select([self._controller], [], [], min(left, 0.1))
            if not ready:
                continue
            try:
                chunk = os.read(self._controller, min(65536, left_bytes))
            except OSError:  # the program closed its end
                return
            left_bytes -= len(chunk)
            self.received_bytes += len(chunk)
            self.took(chunk)
            if self._answers:
                self._answer(chunk)
            self._stream.feed(PRIVATE.sub(b"", chunk))

    def took(self, chunk: bytes) -> None:
        """Called with every piece of output."""

    def _answer(self, chunk: bytes) -> None:
        asked = self._unanswered + chunk
        count = asked.count(WHETHER_SYNCHRONISED)
        self._unanswered = asked.rpartition(WHETHER_SYNCHRONISED)[2][1 - len(WHETHER_SYNCHRONISED) :]
        if count:
            os.write(self._controller, IT_IS * count)

    def wait_for(self, pattern: str, seconds: float = PATIENCE_SECONDS) -> str:
        """The screen once it shows the pattern (a regular expression over all lines)."""
        return self._wait(lambda: re.search(pattern, self.text) is not None, f"never showed {pattern!r}", seconds)

    def wait_for_words(self, *words: str) -> str:
        """The screen once it shows all of these."""
        return self._wait(lambda: all(word in self.text for word in words), f"never showed all of {words}")

    def wait_until_gone(self, words: str) -> str:
        return self._wait(lambda: words not in self.text, f"still shows {words!r}")

    def _wait(self, question: Callable[[], bool], otherwise: str, seconds: float = PATIENCE_SECONDS) -> str:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.read(0.1)
            if question():
                return self.text
        raise AssertionError(f"the screen {otherwise}:\n{self.text}")

    def wait_for_end(self) -> int:
        """The exit code."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.process.poll() is None:
            self.read(0.1)
            assert time.monotonic() < deadline, f"it does not end:\n{self.text}"
        return self.process.returncode
