"""Small drawings that fit into a line: a filled bar, a history, a value on a scale. Text only, no state."""

from __future__ import annotations

from collections.abc import Sequence

from iqa_tui.widgets.canvas import Line

FULL, EMPTY = "█", "░"
LEVELS = "▁▂▃▄▅▆▇█"
MARK, BAND, RAIL = "●", "━", "─"


def meter(fraction: float | None, width: int) -> str:
    """A bar filled to `fraction` (0 to 1; what is outside is cut). None, for unknown, is a bar of question marks."""
    if fraction is None:
        return "?" * width
    filled = round(min(1.0, max(0.0, fraction)) * width)
    return FULL * filled + EMPTY * (width - filled)


def sparkline(values: Sequence[float | None], width: int, *, low: float = 0.0, high: float = 100.0) -> str:
    """The latest `width` values as heights, the newest at the right; a value that is None leaves a gap."""
    latest = list(values)[-width:] if width > 0 else []
    marks = [" " if value is None else LEVELS[_level(value, low, high)] for value in latest]
    return "".join(marks).rjust(width)


def _level(value: float, low: float, high: float) -> int:
    fraction = (value - low) / (high - low) if high > low else 0.0
    return round(min(1.0, max(0.0, fraction)) * (len(LEVELS) - 1))


def scale_bar(
    value: float | None,
    band: tuple[float, float] | None,
    bounds: tuple[float, float],
    width: int,
    style: str = "accent",
) -> Line:
    """A rail from `bounds[0]` to `bounds[1]`, the band expected on it, and a mark where the value lies."""
    marks, styles = [RAIL] * width, ["dim"] * width
    if band is not None:
        first, last = _place(band[0], bounds, width), _place(band[1], bounds, width)
        for place in range(first, last + 1):
            marks[place], styles[place] = BAND, "warning"
    if value is not None:
        place = _place(value, bounds, width)
        marks[place], styles[place] = MARK, f"{style} strong"
    return list(zip(marks, styles, strict=True))


def _place(value: float, bounds: tuple[float, float], width: int) -> int:
    low, high = bounds
    fraction = (value - low) / (high - low) if high > low else 0.5
    return round(min(1.0, max(0.0, fraction)) * (width - 1))
