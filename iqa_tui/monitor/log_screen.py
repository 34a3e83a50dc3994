"""The small screen of a log: what a trainer printed becomes the lines that a terminal would show.

It obeys carriage returns, backspaces, tabs, moves of the cursor, erasing and colours, and only on its own last lines:
nested progress bars stand once each, at their last state, and what scrolled off can no longer change. Every other
sequence is swallowed (titles, the clipboard, mouse modes, the alternate screen), so no terminal gets it.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from typing import NamedTuple

from iqa_tui.monitor.log_colours import styled
from iqa_tui.monitor.log_escapes import Escapes
from training.runfolder.text import plain

HEIGHT = 50
"""Lines that the cursor can reach."""
WIDTH = 240
"""A move to the right ends here: a log knows no right edge."""
LONGEST_LINE = 8000
"""Columns kept of one line."""
TAB = 8
FILLER = "\0"
"""Stands behind a sign of two cells, so that a column is an index. No text holds one."""
UNSEEN = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
"""Signs that turn the direction of writing or take no place."""
SIMPLE = re.compile("[ -~\xa1-\xac\xae-\u0233\u0391-\u03a1\u03a3-\u03ce\u2012-\u2027\u2190-\u2319\u2500-\u25fc]*")
"""Harmless signs of one cell, such as letters of Europe and what progress bars are made of: most text is of them."""

Run = tuple[int, int, str]
"""Index of the first sign, index after the last, names of styles."""


class LogLine(NamedTuple):
    """One line as it stands on the screen."""

    text: str
    """Harmless: no control, nothing that a terminal obeys."""
    runs: tuple[Run, ...] = ()
    """Parts of the text that are not plain, in order."""
    offset: int = 0
    """Bytes of the log before the line was begun."""
    number: int = 0
    """Ends of lines in the log before it was begun."""


class _Row:
    """A line that may change."""

    __slots__ = ("number", "offset", "runs", "text")

    def __init__(self, offset: int, number: int) -> None:
        self.text = ""
        self.runs: list[Run] = []
        self.offset = offset
        self.number = number

    def put(self, column: int, text: str, names: str) -> None:
        """Write over what stands there, as far as a line is kept."""
        size, end = len(self.text), column + len(text)
        if end > LONGEST_LINE:
            text, end = text[: max(0, LONGEST_LINE - column)], LONGEST_LINE
        if not text:
            return
        if column >= size:
            self.text = self.text + text if column == size else self.text.ljust(column) + text
        elif not column and end >= size:
            self.text = text
            self.runs.clear()
        else:
            self._part(column)
            self._part(end)
            self.text = self.text[:column] + text + self.text[end:]
            if self.runs:
                self.runs = [*clipped(self.runs, 0, column), *clipped(self.runs, end, LONGEST_LINE)]
        if names:
            self._style(column, end, names)

    def erase(self, first: int, end: int) -> None:
        """Make the columns blank; what is blank at the end of a line is not there."""
        if end >= len(self.text):
            self._part(first)
            self.text, self.runs = self.text[:first], clipped(self.runs, 0, first)
        elif end > first:
            self.put(first, " " * (end - first), "")

    def line(self) -> LogLine:
        text = self.text.rstrip()
        runs = clipped(self.runs, 0, len(text)) if self.runs else []
        if FILLER in text:
            places = [0]
            for sign in text:
                places.append(places[-1] + (sign != FILLER))
            text, runs = text.replace(FILLER, ""), [(places[a], places[b], names) for a, b, names in runs]
        return LogLine(text, tuple(runs), self.offset, self.number)

    def _part(self, column: int) -> None:
        """Of a sign of two cells that is cut at this column nothing is left."""
        if self.text[column : column + 1] == FILLER:
            self.text = f"{self.text[: column - 1]}  {self.text[column + 1 :]}"

    def _style(self, first: int, end: int, names: str) -> None:
        if self.runs and self.runs[-1][1:] == (first, names):
            first = self.runs.pop()[0]
        self.runs.append((first, end, names))
        if len(self.runs) > 1 and self.runs[-2][0] > first:
            self.runs.sort()


def clipped(runs: list[Run], first: int, end: int) -> list[Run]:
    """What lies between two columns."""
    cut = ((max(first, begin), min(end, after), names) for begin, after, names in runs)
    return [run for run in cut if run[0] < run[1]]


class LogScreen:
    """Takes a log from some place on, in any pieces."""

    def __init__(self, offset: int = 0, number: int = 0) -> None:
        """Args:
        offset: of the first byte that is fed; a line begins there.
        number: ends of lines before it.
        """
        self.offset = offset
        """Of the next byte."""
        self._number = number
        self._rows = [_Row(offset, number)]
        self._row = self._column = 0
        self._page: int | None = None
        """The row that `ESC [ H` goes to. None until the log clears a screen or goes to a place of it: what stands
        above then is kept, so a log that clears its screen keeps how it began."""
        self._names = ""
        self._gone: list[LogLine] = []
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._escapes = Escapes(self._write, self._control, self._sequence)
        self._moves = {
            "A": lambda count: self._go(self._row - count),
            "B": lambda count: self._go(self._row + count),
            "C": lambda count: self._go(column=self._column + count),
            "D": lambda count: self._go(column=self._column - count),
            "E": lambda count: self._go(self._row + count, 0),
            "F": lambda count: self._go(self._row - count, 0),
            "G": lambda count: self._go(column=count - 1),
            "`": lambda count: self._go(column=count - 1),
            "d": lambda count: self._go(self._top() + count - 1),
        }

    def feed(self, data: bytes) -> list[LogLine]:
        """Take more bytes and return the lines that scrolled off the screen: they never change again."""
        *ended, open_line = data.split(b"\n")
        for piece in ended:
            self._escapes.end_line(self._decode(piece, True))  # the final piece
            self.offset += len(piece) + 1
            self._new_line()
        self._escapes.take(self._decode(open_line))
        self.offset += len(open_line)
        gone, self._gone = self._gone, []
        return gone

    @property
    def top(self) -> LogLine:
        """The oldest line on the screen."""
        return self._rows[0].line()

    def rows(self) -> list[LogLine]:
        """The lines on the screen, the oldest first; blank ones at its end are left out."""
        lines = [row.line() for row in self._rows]
        while lines and not lines[-1].text:
            lines.pop()
        return lines

    def closed(self) -> list[LogLine]:
        """The lines on the screen if what follows stands below them: only one that is not begun is left out."""
        lines = [row.line() for row in self._rows]
        return lines[:-1] if lines[-1].offset == self.offset else lines

    def _new_line(self) -> None:
        self._number += 1
        self._column = 0
        self._down()

    def _down(self) -> None:
        self._row += 1
        if self._row == len(self._rows):
            self._rows.append(_Row(self.offset, self._number))
            if self._row == HEIGHT:
                self._gone.append(self._rows.pop(0).line())
                self._row -= 1
                if self._page:
                    self._page -= 1

    def _write(self, text: str) -> None:
        if not SIMPLE.fullmatch(text):
            text = _in_columns(plain(UNSEEN.sub("", text)))
        if self._column < LONGEST_LINE:
            self._rows[self._row].put(self._column, text, self._names)
        self._column += len(text)

    def _control(self, sign: str) -> None:
        if sign == "\r":
            self._column = 0
        elif sign == "\b":
            self._column = max(0, self._column - 1)
        elif sign == "\t":
            self._go(column=(self._column // TAB + 1) * TAB)

    def _sequence(self, parameters: str, final: str) -> None:
        if final == "m":
            if parameters[:1] not in ("<", "=", ">", "?"):
                self._names = styled(self._names, parameters)
            return
        numbers = parameters.split(";")
        if not all(each.isdecimal() or not each for each in numbers):
            return
        counts = [int(each[:6] or 0) for each in numbers]
        if final in self._moves:
            self._moves[final](max(1, counts[0]))
        elif final in "Hf":
            row, column = (*counts, 1)[:2]
            self._go(self._top() + max(1, row) - 1, max(1, column) - 1)
        elif final == "K":
            self._erase_line(counts[0])
        elif final == "J":
            self._erase_display(counts[0])

    def _go(self, row: int | None = None, column: int | None = None) -> None:
        if column is not None:
            self._column = max(0, min(column, max(WIDTH - 1, self._column)))
        if row is not None:
            self._row = max(0, min(row, HEIGHT - 1))
            while len(self._rows) <= self._row:
                self._rows.append(_Row(self.offset, self._number))

    def _top(self) -> int:
        """The row that the log takes for the first of its screen."""
        if self._page is None:
            self._row = len(self._rows) - 1
            if self._rows[-1].text:
                self._down()
            self._page = self._row
        return self._page

    def _erase_line(self, what: int) -> None:
        row = self._rows[self._row]
        if what in (0, 2):
            row.erase(0 if what else self._column, LONGEST_LINE)
        elif what == 1:
            row.erase(0, self._column + 1)

    def _erase_display(self, what: int) -> None:
        top = self._top() if what else self._row
        if what in (0, 2, 3):
            first = self._row + 1 if what == 0 else top
            for row in self._rows[first:]:
                row.erase(0, LONGEST_LINE)
        elif what == 1:
            for row in self._rows[top : self._row]:
                row.erase(0, LONGEST_LINE)
        if what in (0, 1):
            self._erase_line(what)


def _in_columns(text: str) -> str:
    """With a filler behind every sign of two cells."""
    return "".join(sign + FILLER if unicodedata.east_asian_width(sign) in "WF" else sign for sign in text)
