"""Textual's driver, with the size of the terminal itself, and an eye on how fast the terminal takes what is written.

Textual asks the environment for the size first, then standard output. An exported COLUMNS would fix the app's size, and
with its output in a file the app would never learn its size. It reads standard input and draws on standard error.

What was written may wait in a queue of this process, in the kernel's, and in those of a connection. A terminal that
knows synchronised output answers a question about it, in the order of what it is sent: the answer to a question that
was asked behind a frame says that the frame is on screen.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable
from typing import IO, Any, cast

from textual import events, messages
from textual.app import App
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.message import Message

from iqa_tui.widgets.background import QUESTION, AnswersParser, may_be_asked
from iqa_tui.widgets.terminal_speech import GIVE_TITLE_BACK, KEEP_TITLE, title

WHETHER_SHOWN = "\x1b[?2026$p"
"""Asks for the mode of synchronised output (DECRQM)."""
PATIENCE_SECONDS = 2.0
"""How long an answer is waited for: it may be lost with a connection."""


class TerminalDriver(LinuxDriver):
    """For the terminal that standard input is."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._size = size or self._get_terminal_size()  # before the first paint, too
        self._file = cast("Any", _Told(cast("IO[str]", self._file), self._taken))
        self.terminal_is_new = True
        """Nothing is known of what the terminal shows: it has just begun, or its size was told anew."""
        self.when_ready: Callable[[], None] | None = None
        """Called, perhaps in another thread, if the terminal took what it was sent."""
        self._given = 0
        self._written = 0
        self._answers = False
        """The terminal answers the question."""
        self._asked_at: float | None = None
        """On the monotonic clock; None: nothing is asked."""
        self._title = ""
        """Of the terminal; empty: as it was."""

    def start_application_mode(self) -> None:
        self._given = self._written = 0
        self._asked_at = None
        self.terminal_is_new = True
        size = self._get_terminal_size()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._follow_size(asyncio.get_running_loop())
        if self._get_terminal_size() != size:  # Textual's handler may have said so, or not
            self._post_size()
        if self._title:  # it was suspended
            self.write(KEEP_TITLE + title(self._title))

    def _follow_size(self, loop: asyncio.AbstractEventLoop) -> None:
        """In the place of Textual's handler."""
        signal.signal(signal.SIGWINCH, lambda *_: loop.call_soon_threadsafe(self._post_size))

    def _post_size(self) -> None:
        """In the event loop. A terminal that tells its size in band is asked no other way."""
        if not self._in_band_window_resize:
            self.terminal_is_new = True
            size = Size(*self._get_terminal_size())
            self._app.post_message(events.Resize(size, size))

    def stop_application_mode(self) -> None:
        if self._title:
            self.write(GIVE_TITLE_BACK)
        super().stop_application_mode()

    def set_title(self, words: str) -> None:
        """The terminal's own, until the app is left or suspended."""
        if words != self._title:
            self.write(("" if self._title else KEEP_TITLE) + title(words))
            self._title = words

    def write(self, data: str) -> None:
        self._given += 1
        super().write(data)

    @property
    def is_ready(self) -> bool:
        """The terminal took all it was sent, as far as that can be known."""
        if self._asked_at is not None and time.monotonic() >= self._asked_at + PATIENCE_SECONDS:
            self._asked_at = None
        return self._written >= self._given and self._asked_at is None

    def ask_whether_shown(self) -> None:
        """Be ready again only once the terminal has shown what was written. One that never answers is asked nothing."""
        if self._answers:
            self._asked_at = time.monotonic()
            self.write(WHETHER_SHOWN)

    def run_input_thread(self) -> None:
        """As Textual's, with a parser that knows one more answer."""
        linux_driver.XTermParser = AnswersParser  # type: ignore[attr-defined]  # made in there, and nowhere handed in
        super().run_input_thread()

    def ask_background(self) -> None:
        """Ask whether the terminal is light or dark; `BackgroundTold` is posted if it says so."""
        if may_be_asked(os.environ):
            self.write(QUESTION)

    def process_message(self, message: Message) -> None:
        if isinstance(message, messages.TerminalSupportsSynchronizedOutput):
            was_asked = self._asked_at is not None
            self._answers, self._asked_at = True, None
            if was_asked:
                self._tell()
                return
        elif isinstance(message, events.Resize):
            self.terminal_is_new = True
        super().process_message(message)

    def _taken(self) -> None:
        """In the writing thread: another text left this process."""
        self._written += 1
        if self._written >= self._given:
            self._tell()

    def _tell(self) -> None:
        if self.when_ready is not None:
            self.when_ready()

    def _get_terminal_size(self) -> tuple[int, int]:
        with contextlib.suppress(OSError):
            columns, lines = os.get_terminal_size(self.fileno)
            if columns and lines:  # a pseudo-terminal may have none yet
                return columns, lines
        return super()._get_terminal_size()


class _Told:
    """A file that tells when a text is written: standard error has no buffer that keeps it."""

    def __init__(self, file: IO[str], taken: Callable[[], None]) -> None:
        self._file, self._taken = file, taken

    def write(self, text: str) -> int:
        try:
            return self._file.write(text)
        finally:
            self._file.flush()
            self._taken()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
