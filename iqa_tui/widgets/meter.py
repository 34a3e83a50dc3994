"""Small drawings that fit into a line: a filled bar, a history, a value on a scale. Text only, no state."""

from __future__ import annotations

from collections.abc import Sequence

from iqa_tui.widgets.canvas import Line

FULL, EMPTY = "█", "░"
LEVELS = "▁▂▃▄▅▆▇█"
FREE_EIGHTHS = 2
"""Of a line, above a history at its highest: it does not touch what stands above."""
MARK, BAND, RAIL = "●", "━", "─"


def meter(fraction: float | None, width: int) -> str:
    """A bar filled to `fraction` (0 to 1; what is outside is cut). None, for unknown, is a bar of question marks."""
    if fraction is None:
        return "?" * width
    filled = round(min(1.0, max(0.0, fraction)) * width)
    return FULL * filled + EMPTY * (width - filled)


def history_rows(values: Sequence[float | None], width: int, rows: int) -> list[str]:
    """All values, 0 to 100, in a drawing of `rows` lines, the newest at the right, its upper edge left free.

    Neighbours share a cell, by their mean, if there are more values than cells; a cell of values that are all None is
    a gap.
    """
    means = _means(values, width)
    most = rows * len(LEVELS) - FREE_EIGHTHS
    heights = [None if mean is None else max(1, round(min(1.0, max(0.0, mean / 100)) * most)) for mean in means]
    drawn = []
    for row in range(rows - 1, -1, -1):
        above = [0 if height is None else height - row * len(LEVELS) for height in heights]
        drawn.append("".join(LEVELS[min(each, len(LEVELS)) - 1] if each > 0 else " " for each in above).rjust(width))
    return drawn


def _means(values: Sequence[float | None], width: int) -> list[float | None]:
    """At most `width` of them, each of as many values; the oldest of fewer."""
    size = max(1, -(-len(values) // max(1, width)))
    cells = [values[max(0, end - size) : end] for end in range(len(values), 0, -size)][::-1]
    known = [[value for value in cell if value is not None] for cell in cells]
    return [sum(each) / len(each) if each else None for each in known]


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
