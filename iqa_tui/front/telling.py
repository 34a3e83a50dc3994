"""Says what happens, on every screen: in a row above the key bar, in the terminal's title, by bell and notification."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from iqa_tui.front.base import FrontApp
from iqa_tui.screens.room import Room
from iqa_tui.widgets import terminal_speech
from iqa_tui.widgets.terminal_driver import TerminalDriver
from training.runfolder.text import plain, plain_lines

if TYPE_CHECKING:  # loaded after the first paint
    from iqa_tui.monitor.happenings import Happening
    from iqa_tui.monitor.state import RunState

TOLD_SECONDS = 20.0
"""How long the end of a run stands in the row; one in trouble stands three times as long."""


class TellingApp(FrontApp):
    """Compares each look at the runs with the one before."""

    _known: dict[str, Any] | None = None
    """None: nothing was read yet, so whatever ended did so before."""

    def tell(self, runs: Sequence[RunState]) -> None:
        """Say what has ended since the last call, and how many runs do what."""
        from iqa_tui.monitor.happenings import happenings, known_of, title_words  # noqa: PLC0415  after the first paint

        told = [] if self._known is None else happenings(self._known, runs)
        self._known = dict(known_of(runs))
        if self.settings.title:
            self._set_title(title_words(runs))
        if told:
            self._say(told)

    def _say(self, told: Sequence[Happening]) -> None:
        from iqa_tui.monitor.happenings import told_words  # noqa: PLC0415  as above

        words = told_words(told)
        is_trouble = any(each.is_trouble for each in told)
        severity = "error" if is_trouble else "information"
        self.notify(words, severity=severity, timeout=TOLD_SECONDS * (3 if is_trouble else 1))
        if self.settings.bell == "always" or (self.settings.bell == "trouble" and is_trouble):
            self.bell()
        if self.settings.osc != "off" and terminal_speech.listens(os.environ):
            self._write(terminal_speech.notification(self.settings.osc, plain(words), os.environ))

    def _set_title(self, words: str) -> None:
        if isinstance(self._driver, TerminalDriver) and terminal_speech.listens(os.environ):
            self._driver.set_title(words)

    def _write(self, sequence: str) -> None:
        if isinstance(self._driver, TerminalDriver):
            self._driver.write(sequence)

    def notify(self, message: str, **options: Any) -> None:
        """As Textual's, but never markup, as a message quotes names that other users chose, and in the row."""
        super().notify(plain_lines(message), **(options | {"markup": False}))
        self.set_timer(options.get("timeout") or self.NOTIFICATION_TIMEOUT, self._refresh_notifications)

    def _refresh_notifications(self) -> None:
        """Textual's own would cover the log with toasts. Pages that lie on a screen show them too."""
        messages = [
            (note.severity, f"{note.title}: {note.message}" if note.title else note.message)
            for note in self._notifications
        ]
        pages = [] if not self.is_running else [each for each in self.screen_stack if isinstance(each, Room)]
        for room in dict.fromkeys([*self._rooms.values(), *pages]):
            room.show_messages(messages)
