"""Whether the terminal is still there."""

from __future__ import annotations

import select
import sys

LOOK_SECONDS = 2.0
HUNG_UP = 129
"""Exit code of a program that exits because its terminal was closed, as a shell reports SIGHUP (128 + 1)."""


def terminal_is_gone() -> bool:
    """True once the other end of the terminal that we read was closed: window, connection or emulator."""
    if sys.__stdin__ is None or sys.__stdin__.closed:
        return False
    poll = select.poll()
    poll.register(sys.__stdin__.fileno(), select.POLLHUP)
    return any(state & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, state in poll.poll(0))
