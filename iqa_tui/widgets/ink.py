"""The 256 colours of a terminal, as they can be read on the background of a theme.

What a log prints in dark blue for a white terminal is read on a dark one too, and the reverse.
"""

from __future__ import annotations

from rich.style import Style
from textual.color import Color

INK, ON_INK = "ink-", "on-ink-"
LEAST_CONTRAST = 4.0
"""Of a text with its background, as WCAG counts it; 4.5 would make all dark colours look alike."""
TINT = 0.3
"""How much of a colour a background takes: the text on it must be readable on the theme's background too."""

NAMED = (
    "#000000", "#c23b3b", "#3f9a4b", "#b08a1e", "#3b78c4", "#a352a8", "#2a9aa0", "#c8c8c8",
    "#767676", "#ff6e67", "#5fd068", "#f4d35e", "#6cb6ff", "#d787d7", "#5fd7d7", "#ffffff",
)  # fmt: skip
"""The first sixteen, which every terminal has in tones of its own."""
STEPS = (0, 95, 135, 175, 215, 255)
BLENDS = (0.2, 0.35, 0.5, 0.65, 0.8)


def ink_colour(ink: int) -> Color:
    """The colour of one of the 256 numbers."""
    if ink < 16:
        return Color.parse(NAMED[ink])
    if ink < 232:
        cube = ink - 16
        return Color(STEPS[cube // 36], STEPS[cube // 6 % 6], STEPS[cube % 6])
    grey = 8 + 10 * (ink - 232)
    return Color(grey, grey, grey)


def ink_style(name: str, background: Color, foreground: Color) -> Style | None:
    """A style that a log asked for; None if it is none of these names.

    Args:
        name: ink-0 to ink-255, on-ink-0 to on-ink-255, underline, reverse.
        background, foreground: of the widget.
    """
    if name.startswith(INK):
        return Style(color=readable(ink_colour(int(name.removeprefix(INK))), background, foreground).rich_color)
    if name.startswith(ON_INK):
        return Style(bgcolor=background.blend(ink_colour(int(name.removeprefix(ON_INK))), TINT).rich_color)
    if name in ("underline", "reverse"):
        return Style(underline=name == "underline" or None, reverse=name == "reverse" or None)
    return None


def readable(colour: Color, background: Color, foreground: Color) -> Color:
    """The colour, or the first mix of it with the foreground that stands out from the background."""
    mixes = [colour, *(colour.blend(foreground, part) for part in BLENDS)]
    return next((mix for mix in mixes if contrast(mix, background) >= LEAST_CONTRAST), foreground)


def contrast(one: Color, other: Color) -> float:
    """1 (the same lightness) to 21 (black on white)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Color) -> float:
    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in colour.rgb)
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
