"""The first line of every screen: what is shown, the three screens, the headline numbers. A click changes screens."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events

from iqa_tui.widgets.canvas import Canvas, Line, fit, line_width

ROOMS = (("1", "Launch", "launch"), ("2", "Monitor", "monitor"), ("3", "Results", "results"))

ROOMY_WIDTH = 110
BETWEEN = " · "


class HeaderBar(Canvas):
    """No clock: a line that changes every second costs a slow connection more than it tells."""

    def __init__(self, room: str, *, read_only: bool = False) -> None:
        """Args:
        read_only: the app orders nothing; then there is no launch screen, and the line says so.
        """
        super().__init__()
        self._rooms = tuple(each for each in ROOMS if not (read_only and each[2] == "launch"))
        self._read_only = read_only
        self._room = room
        self._title = ""
        self._headlines: tuple[str, ...] = ()

    def show(self, title: str, headlines: Sequence[str]) -> None:
        """Args:
        title: what is shown.
        headlines: the most important first; those that the line has no room for are left out, whole.
        """
        self._title, self._headlines = title, tuple(headlines)
        self.redraw()

    def draw(self, width: int, height: int) -> list[Line]:  # noqa: ARG002  always one line
        tabs = self._tabs()
        title = f" · {self._title}" if self._title and width >= ROOMY_WIDTH else ""
        left: Line = [(" iqa-tui", "strong accent"), (" read only" if self._read_only else "", "warning"), (title, "")]
        start = self._tabs_start(width)
        shown = _cut(left, start - 1)
        line = [*shown, (" " * (start - line_width(shown)), ""), *tabs]
        room = width - line_width(line) - 2  # a blank on either side
        return [[*line, *_headlines(self._headlines, room)]]

    def _tabs(self) -> Line:
        line: Line = []
        for key, name, room in self._rooms:
            style = "cursor strong" if room == self._room else "dim"
            line += [(f" {key} ", style if room == self._room else "accent"), (f"{name} ", style)]
        return line

    def _tabs_start(self, width: int) -> int:
        return 40 if width >= ROOMY_WIDTH else 19 if self._read_only else 9

    def on_click(self, event: events.Click) -> None:
        place = event.get_content_offset(self)
        left = self._tabs_start(self.size.width)
        for key, name, room in self._rooms:
            right = left + len(f" {key} {name} ")
            if place is not None and left <= place.x < right:
                self.app.call_later(self.app.run_action, f"room({room!r})")
            left = right


def _headlines(parts: Sequence[str], room: int) -> Line:
    """In exactly `room` cells between two blanks, as a tab may end in a blank of its own colour; the first of them
    stands out.
    """
    kept = list(parts)
    while kept and cell_len(BETWEEN.join(kept)) > room:
        kept.pop()
    if not kept:
        return []
    padding = 1 + room - cell_len(BETWEEN.join(kept))
    rest = "".join(f"{BETWEEN}{part}" for part in kept[1:])
    return [(" " * padding + kept[0], "strong"), (f"{rest} ", "dim")]


def _cut(line: Line, width: int) -> Line:
    """The line in at most `width` cells."""
    cut: Line = []
    for text, style in line:
        left = width - line_width(cut)
        if left > 0:
            cut.append((fit(text, min(left, line_width([(text, style)]))), style))
    return cut
