"""ASCII mode: turns every sign that is not ASCII into one that is; the last thing before the terminal.

One filter for all widgets, ours and Textual's, so that none can forget it. A cell stays a cell.
"""

from __future__ import annotations

from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

SIGNS = {
    "○": "o", "◔": ".", "●": "*", "•": "*", "◐": "~", "✓": "+", "✗": "x", "■": "#", "◆": "=", "◇": "-",
    "─": "-", "━": "=", "│": "|", "┃": "|", "┌": "+", "┐": "+", "└": "+", "┘": "+", "├": "+", "┤": "+",
    "┬": "+", "┴": "+", "┼": "+", "╭": "+", "╮": "+", "╰": "+", "╯": "+", "╌": "-", "╎": "|",
    "█": "#", "░": ".", "▒": ":", "▓": "%", "▁": "_", "▂": "_", "▃": "-", "▄": "-", "▅": "=", "▆": "=", "▇": "#",
    "▔": "-", "▀": "-", "▌": "|", "▐": "|", "▎": "|", "▊": "|", "▍": "|", "▏": "|", "▕": "|", "▉": "#", "▋": "#",
    "…": "~", "·": "-", "×": "x", "−": "-", "–": "-", "—": "-", "±": "+", "Δ": "d", "σ": "s", "°": " ", "≥": ">",
    "≤": "<", "≠": "#", "↑": "^", "↓": "v", "←": "<", "→": ">", "►": ">", "▶": ">", "▸": ">", "▼": "v", "▲": "^",
    "▾": "v", "★": "#", "‹": "<", "›": ">", "“": '"', "”": '"', "’": "'", "☐": "o", "☑": "x", "⏎": "<", "⭘": "o",
    "⏸": "h", "⚿": "%", "◌": "u", "⇄": "<", "†": "*",
}  # fmt: skip
TRANSLATION = str.maketrans(SIGNS)


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """`text` in ASCII, cell for cell; what has no likeness becomes a question mark for each of its cells."""
    translated = text.translate(TRANSLATION)
    if translated.isascii():
        return translated
    return "".join(sign if sign.isascii() else "?" * cell_len(sign) for sign in translated)


class PlainFilter(LineFilter):
    """Put last among an app's filters."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002  Textual's signature
        return [Segment(plain(text), style, control) for text, style, control in segments]
