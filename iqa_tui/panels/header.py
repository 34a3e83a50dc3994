"""The first line of every screen: what is shown, the three screens, how many runs do what. A click changes screens."""

from __future__ import annotations

from textual import events

from iqa_tui.widgets.canvas import Canvas, Line, fit, line_width

ROOMS = (("1", "Launch", "launch"), ("2", "Monitor", "monitor"), ("3", "Results", "results"))

ROOMY_WIDTH = 110


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
        self._summary = ""

    def show(self, title: str, summary: str) -> None:
        self._title, self._summary = title, summary
        self.redraw()

    def draw(self, width: int, height: int) -> list[Line]:  # noqa: ARG002  always one line
        tabs = self._tabs()
        title = f" · {self._title}" if self._title and width >= ROOMY_WIDTH else ""
        left: Line = [(" iqa-tui", "strong accent"), (" read only" if self._read_only else "", "warning"), (title, "")]
        start = self._tabs_start(width)
        shown = _cut(left, start - 1)
        line = [*shown, (" " * (start - line_width(shown)), ""), *tabs]
        room = width - line_width(line) - 1
        return [[*line, (" " + fit(self._summary, room - 1, "right") + " " if room > 8 else "", "dim")]]

    def _tabs(self) -> Line:
        line: Line = []
        for key, name, room in self._rooms:
            style = "cursor strong" if room == self._room else "dim"
            line += [(f" {key} ", f"{style} accent" if room == self._room else "accent"), (f"{name} ", style)]
        return line

    def _tabs_start(self, width: int) -> int:
        return 40 if width >= ROOMY_WIDTH else 20 if self._read_only else 10

    def on_click(self, event: events.Click) -> None:
        place = event.get_content_offset(self)
        left = self._tabs_start(self.size.width)
        for key, name, _ in self._rooms:
            right = left + len(f" {key} {name} ")
            if place is not None and left <= place.x < right:
                self.app.simulate_key(key)
            left = right


def _cut(line: Line, width: int) -> Line:
    """The line in at most `width` cells."""
    cut: Line = []
    for text, style in line:
        left = width - line_width(cut)
        if left > 0:
            cut.append((fit(text, min(left, line_width([(text, style)]))), style))
    return cut
