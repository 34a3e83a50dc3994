"""Textual's driver, with the size of the terminal itself.

Textual asks the environment first, then standard output. An exported COLUMNS would fix the app's size, and with its
output in a file the app would never learn its size. It reads standard input and draws on standard error.
"""

from __future__ import annotations

import contextlib
import os
from typing import Any

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver


class TerminalDriver(LinuxDriver):
    """For the terminal that standard input is."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._size = size or self._get_terminal_size()  # before the first paint, too

    def _get_terminal_size(self) -> tuple[int, int]:
        with contextlib.suppress(OSError):
            columns, lines = os.get_terminal_size(self.fileno)
            if columns and lines:  # a pseudo-terminal may have none yet
                return columns, lines
        return super()._get_terminal_size()
