"""A part of a log, for the screen: its lines, and what was searched in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what reads and searches a log is loaded by the thread that does it, after the first paint
    from iqa_tui.monitor.log_pattern import LogPattern
    from iqa_tui.monitor.log_screen import LogLine
    from iqa_tui.monitor.log_search import LogSearch


@dataclass(frozen=True, slots=True)
class LogWish:
    """What the user wants to see of a log."""

    place: int | None = None
    """An offset: lines around it are wanted. None: the newest lines."""
    pattern: LogPattern | None = None
    """What to search."""


@dataclass(frozen=True, slots=True)
class LogText:
    """The lines that are in memory, a part of the log without gaps."""

    lines: tuple[LogLine, ...] = ()
    """The oldest first; the last ones may still change."""
    is_begin: bool = True
    """The log has no line before them."""
    is_end: bool = True
    """The log has no line after them."""
    skipped: int = 0
    """To add to the numbers of the lines."""
    total: int = 0
    """Lines of the whole log."""
    is_counted: bool = True
    """False if the numbers of the lines are estimates."""
    is_total_counted: bool = True
    """False if `total` is one."""
    search: LogSearch | None = None
    searched_share: float = 1.0
    """0 to 1."""
    hits: int = 0
    """Found so far."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The lines without their styles."""
        return tuple(line.text for line in self.lines)


def line_words(count: int) -> str:
    """`1 line`, `3,400 lines`."""
    return f"{count:,} line{'' if count == 1 else 's'}"
