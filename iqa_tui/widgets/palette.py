"""Names of styles and what they look like in a theme.

Not by Textual's component classes: sixteen of them a widget would cost a third of the time to the first paint.
"""

from __future__ import annotations

from collections.abc import Mapping

from rich.style import Style
from textual.color import Color

# Okabe and Ito's colours, which colour-blind users can tell apart too, in the order in which they stand out; moved
# as far as it takes for the first five to be five colours of a terminal that has sixteen.
SERIES_ON_DARK = ("#56b4e9", "#e69f00", "#009e73", "#d66fb5", "#f0e442", "#d55e00", "#0072b2")
# On a light background darker, so that each is read as text too (contrast 4).
SERIES_ON_LIGHT = ("#0050b0", "#ca5900", "#008c52", "#b3478c", "#000000", "#a57200", "#3d81a7")
SERIES = len(SERIES_ON_DARK)

SIGNS = "*o+x%@="
"""What does the work of the colours if there are none, as many."""
GHOST = 0.38
"""How much of a curve's colour is left in what lies behind it."""

COLOURS = {"good": "success", "bad": "error", "warning": "warning", "accent": "primary"}
"""Style to the theme's name of its colour."""
CURSOR = {True: (0.3, 0.15), False: (0.25, 0.18)}
"""Dark theme or not to how much the row under the cursor is tinted, with the focus and without: as little as can still
be seen in sixteen colours."""
DIMMED = 0.62
"""How much of the foreground is left in what matters less."""


def series_style(look: int) -> str:
    """Name of the style of a curve; the looks from the eighth on have the same colours with another dash."""
    return f"series-{look % SERIES}"


def series_sign(look: int) -> str:
    """The sign of a curve in ASCII."""
    return SIGNS[look % len(SIGNS)]


def named_style(
    name: str, theme: Mapping[str, str], *, dark: bool, background: Color, foreground: Color, focused: bool
) -> Style:
    """One style.

    Args:
        name: strong, dim, heading, cursor, good, bad, warning, accent, series-N or ghost-N.
        theme: the theme's variables.
        background, foreground: of the widget; a terminal knows no transparency, so colours are mixed here.

    Raises:
        KeyError: no such style.
    """
    kind, _, number = name.partition("-")
    if kind in ("series", "ghost"):
        colour = (SERIES_ON_DARK if dark else SERIES_ON_LIGHT)[int(number) % SERIES]
        if kind == "series":
            return Style(color=colour)
        return Style(color=background.blend(Color.parse(colour), GHOST).rich_color)
    if name == "strong":
        return Style(bold=True)
    if name in ("dim", "heading"):
        return Style(color=background.blend(foreground, DIMMED).rich_color, bold=name == "heading" or None)
    if name == "cursor":
        tint, part = (Color.parse(theme["primary"]), CURSOR[dark][0]) if focused else (foreground, CURSOR[dark][1])
        return Style(bgcolor=background.blend(tint, part).rich_color, bold=focused or None)
    return Style(color=Color.parse(theme[COLOURS[name]]).rich_color)


def plain_cursor(theme: Mapping[str, str], *, dark: bool, background: Color, foreground: Color) -> Style:
    """The row under the cursor in a terminal of sixteen colours: one colour for all of it, since its greys are so few
    that some colour could not be read on each of them. Arguments as for `named_style`.
    """
    ink = background if dark else foreground
    return Style(color=ink.rich_color, bgcolor=Color.parse(theme["primary"]).rich_color, bold=True)
