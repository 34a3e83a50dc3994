"""The pictures cell by cell: few colours as a terminal shows them, what cannot be read, and PNGs without shifted words."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from rich.cells import cell_len
from rich.color import Color as RichColor
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter

from iqa_tui.widgets.ink import contrast

XTERM = (
    "#000000", "#cd0000", "#00cd00", "#cdcd00", "#0000ee", "#cd00cd", "#00cdcd", "#e5e5e5",
    "#7f7f7f", "#ff0000", "#00ff00", "#ffff00", "#5c5cff", "#ff00ff", "#00ffff", "#ffffff",
)  # fmt: skip
"""The sixteen colours in the tones that xterm gives them."""
CELL = 12.2
"""Width of a cell in Rich's SVG."""
LEAST_CONTRAST = {None: 3.0, ColorSystem.EIGHT_BIT: 3.0, ColorSystem.STANDARD: 1.5}
"""Below it a word is said to be unreadable. Sixteen colours leave little choice."""
TEXT = re.compile(r'<text class="(?P<cls>[^"]*-r\d+)" x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)"[^>]*>(?P<text>[^<]*)</text>')


class TerminalColours(LineFilter):
    """What a terminal of few colours shows: as Rich chooses among them."""

    def __init__(self, system: ColorSystem) -> None:
        super().__init__()
        self._system = system

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(text, self._shown(style), control) for text, style, control in segments]

    def _shown(self, style: Style | None) -> Style | None:
        if style is None:
            return None
        return style + Style(color=self._tone(style.color), bgcolor=self._tone(style.bgcolor))

    def _tone(self, colour: RichColor | None) -> RichColor | None:
        if colour is None or colour.is_default:
            return colour
        fewer = colour.downgrade(self._system)
        if fewer.number is not None and fewer.number < len(XTERM):
            return RichColor.parse(XTERM[fewer.number])
        return RichColor.from_triplet(fewer.get_truecolor())


def unreadable(app: App[None], system: ColorSystem | None) -> list[str]:
    """Pairs of colours that do not stand out from each other, each with a word that has them."""
    found: dict[tuple[Color, Color], str] = {}
    for y, text, fore, back in _coloured_words(app):
        seen = contrast(fore, back)
        if seen < LEAST_CONTRAST[system]:
            words = f"{fore.hex} on {back.hex}, contrast {seen:.1f}: {text.strip()[:40]!r} in line {y + 1}"
            found.setdefault((fore, back), words)
    return list(found.values())


def _coloured_words(app: App[None]) -> Iterator[tuple[int, str, Color, Color]]:
    """Of a dialog, those in it: what lies behind it is dimmed."""
    update = app.screen._compositor.render_full_update()
    inside = app.screen.query("#dialog").first().region if app.screen.query("#dialog") else app.screen.region
    for y, strips in enumerate(update.strips):
        x = 0
        for text, style, _ in (segment for strip in strips for segment in strip):
            x += cell_len(text)
            if not inside.contains(x - 1, y):
                continue
            if style is None or style.color is None or style.bgcolor is None or not any(map(str.isalnum, text)):
                continue
            if not (style.color.is_default or style.bgcolor.is_default):
                fore, back = (Color.from_rich_color(colour) for colour in (style.color, style.bgcolor))
                yield (y, text, back, fore) if style.reverse else (y, text, fore, back)


def in_cells(svg: str) -> str:
    """Each character at its own place: `rsvg-convert` ignores the lengths of words that the SVG asks for."""

    def placed(match: re.Match[str]) -> str:
        x, parts = float(match["x"]), []
        for character in html.unescape(match["text"]):
            if character not in " \xa0":
                shown = html.escape(character)
                parts.append(f'<text class="{match["cls"]}" x="{x:.1f}" y="{match["y"]}">{shown}</text>')
            x += CELL * cell_len(character)
        return "".join(parts)

    return TEXT.sub(placed, svg)
