"""Writes what is remembered: some seconds after it changed, and when the app is left. No key waits for it."""

from __future__ import annotations

import threading

from iqa_tui.front.base import FrontApp

SAVE_SECONDS = 5.0
PATIENCE_SECONDS = 1.0
"""How long the app that is left waits for a home folder that may be far away."""


class MemoryApp(FrontApp):
    """Looks whether something changed, and has a thread write it."""

    def begin_to_remember(self) -> None:
        """After the first paint."""
        if not self.session.read_only:  # a visitor leaves no file behind
            self.set_interval(SAVE_SECONDS, self._save_if_changed)

    def _save_if_changed(self) -> None:
        if self.remembered.has_changed:
            self._save_in_thread()

    def _save_in_thread(self) -> threading.Thread:
        saving = threading.Thread(target=self.remembered.save, name="saves the view", daemon=True)
        saving.start()
        return saving

    def remember_at_last(self) -> None:
        """When the app is left."""
        if self.remembered.has_changed and not self.session.read_only:
            self._save_in_thread().join(PATIENCE_SECONDS)
