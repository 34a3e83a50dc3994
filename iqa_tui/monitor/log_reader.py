"""Reads a log as its user goes through it: never all of it at once, and never a part twice without need."""

from __future__ import annotations

import os
import time
from pathlib import Path

from iqa_tui.monitor.log_index import LineIndex
from iqa_tui.monitor.log_screen import LogLine
from iqa_tui.monitor.log_search import LogSearch
from iqa_tui.monitor.log_text import LogText, LogWish
from iqa_tui.monitor.log_window import MARGIN_LINES, LogWindow
from training.runfolder.errors import UnreadableFile
from training.runfolder.opening import open_regular

COUNTED_STEPS = 8
"""Megabytes counted at a look."""
SEARCHED_SECONDS = 0.1
"""Then a look ends, so that its user sees how far it is."""
NO_FILE = 0
"""No file has this inode."""


class LogReader:
    """Follows one log file; each `look` reads what is new and what is wished for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_busy = False
        """There is more to read or to search than one look does."""
        self._inode: int | None = None
        self._begin()

    def _begin(self) -> None:
        self._window = LogWindow()
        self._index = LineIndex()
        self._search: LogSearch | None = None
        self._place: int | None = None
        self._size = 0
        self._text = LogText()

    def look(self, wish: LogWish = LogWish()) -> LogText:  # noqa: B008  it cannot change
        """The log as it is now; the same object as before if nothing is new."""
        self.is_busy = False
        try:
            descriptor = open_regular(self.path)
        except OSError:
            return self._text
        except UnreadableFile as error:
            return self._say(str(error))
        try:
            state = os.fstat(descriptor)
            if self._inode is not None and (state.st_ino != self._inode or state.st_size < self._size):
                self._begin()
            self._inode, self._size = state.st_ino, state.st_size
            return self._look(descriptor, state.st_size, wish)
        except OSError:
            return self._text
        finally:
            os.close(descriptor)

    def _say(self, words: str) -> LogText:
        """Shown in place of a log that cannot be read."""
        if self._text.texts != (words,):
            self._text, self._inode = LogText((LogLine(words),)), NO_FILE
        return self._text

    def _look(self, descriptor: int, size: int, wish: LogWish) -> LogText:
        is_new = self._move(descriptor, size, wish.place)
        if not self._index.is_done(size):
            self.is_busy = True
            if not is_new:  # the lines come first
                self._index.count_on(descriptor, size, COUNTED_STEPS)
                is_new = True
        if wish.pattern != (self._search.pattern if self._search else None):
            self._search = LogSearch(wish.pattern) if wish.pattern else None
            is_new = True
        if self._search and self._search_on(self._search, descriptor, size):
            is_new = True
        if is_new:
            self._text = self._made(descriptor, size)
        return self._text

    def _search_on(self, search: LogSearch, descriptor: int, size: int) -> bool:
        """Search for a moment; False if there was nothing to search."""
        until = time.monotonic() + SEARCHED_SECONDS
        is_new = search.step(descriptor, size)
        while not search.is_done and time.monotonic() < until:
            search.step(descriptor, size)
        self.is_busy |= not search.is_done
        return is_new

    def _move(self, descriptor: int, size: int, place: int | None) -> bool:
        """Have the lines around a place, one slice at a time; False if they were there."""
        window = self._window
        if place is None:
            is_new = window.follow(descriptor, size, self._index)
        elif not window.has(place):
            window.begin_at(descriptor, place, size, self._index)
            is_new = True
        else:
            is_new = window.read_on(descriptor, size)
        before, after = window.around(size if place is None else place)
        if window.wants_more_above(before):
            window.reach_up(descriptor)
            is_new = self.is_busy = True
        elif after < MARGIN_LINES:
            window.reach_down(descriptor, size)
            is_new = self.is_busy = True
        if is_new:
            window.drop_far(place)
        return is_new

    def _made(self, descriptor: int, size: int) -> LogText:
        window, search = self._window, self._search
        lines = window.all_lines()
        number, is_counted = self._index.number_at(descriptor, window.first, 1.0)
        skipped = number - window.first_number if is_counted else 0
        if window.is_end:
            total, is_total_counted = (lines[-1].number + 1 + skipped if lines else 0), is_counted
        else:
            average = window.first / max(1, window.first_number)
            total, is_total_counted = self._index.number_at(descriptor, size, average)
        return LogText(
            lines,
            is_begin=window.first == 0,
            is_end=window.is_end,
            skipped=skipped,
            total=total,
            is_counted=is_counted,
            is_total_counted=is_total_counted,
            search=search,
            searched_share=search.share if search else 1.0,
            hits=search.count if search else 0,
        )
