"""Takes out of every line what a terminal would obey; the last thing before the terminal.

Texts from files are made plain before a widget gets them. This filter of all widgets, ours and Textual's, catches a
text that came another way: an error that quotes a file, the path of a folder. A cell stays a cell.
"""

from __future__ import annotations

import re

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter


class HarmlessFilter(LineFilter):
    """Put first among an app's filters."""

    def __init__(self, harmful: re.Pattern[str]) -> None:
        """Take out what matches this; a sign that takes cells becomes as many question marks."""
        super().__init__()
        self._harmful = harmful

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002  Textual's signature
        if not any(self._harmful.search(segment.text) for segment in segments):
            return segments
        return [
            Segment(self._harmful.sub(lambda match: "?" * cell_len(match[0]), text), style, control)
            for text, style, control in segments
        ]
