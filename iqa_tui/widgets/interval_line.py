"""A value on a scale with its interval, a range that is expected, and zero: one line. Text only, no state."""

from __future__ import annotations

from dataclasses import dataclass

from iqa_tui.widgets.canvas import Line

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Signs:
    """What the line is drawn with."""

    value: str = "●"
    left: str = "├"
    right: str = "┤"
    line: str = "─"
    cross: str = "┼"
    band: str = "░"
    zero: str = "│"
    recorded: str = "◆"


UNICODE = Signs()
ASCII = Signs("o", "[", "]", "-", "+", ":", "|", "#")


def interval_line(
    value: float | None,
    ends: Range | None,
    bounds: Range,
    width: int,
    style: str,
    *,
    band: Range | None = None,
    zero: bool = False,
    signs: Signs = UNICODE,
    recorded: bool = False,
) -> Line:
    """Args:
    ends: of the interval; None: there is none.
    bounds: the ends of the scale.
    band: a range that is expected.
    zero: 0 is marked.
    """
    cells = [(" ", "")] * width
    if band is not None:
        for place in range(place_on(band[0], bounds, width), place_on(band[1], bounds, width) + 1):
            cells[place] = (signs.band, "dim")
    middle = place_on(0.0, bounds, width) if zero else -1
    if zero:
        cells[middle] = (signs.zero, "dim")
    if value is None:
        return cells
    if ends is not None:
        first, last = (place_on(end, bounds, width) for end in ends)
        cells[first : last + 1] = [
            (signs.cross if place == middle else signs.line, style) for place in range(first, last + 1)
        ]
        cells[first], cells[last] = (signs.left, style), (signs.right, style)
    cells[place_on(value, bounds, width)] = (signs.recorded if recorded else signs.value, f"{style} strong")
    return cells


def place_on(value: float, bounds: Range, width: int) -> int:
    """The cell of a value; one outside the scale is at its end."""
    low, high = bounds
    return round(min(1.0, max(0.0, (value - low) / (high - low))) * (width - 1)) if high > low else width // 2


def scale_line(low: str, middle: str, high: str, width: int) -> str:
    """The ends of a scale, and what stands between them if there is room."""
    inner = max(0, width - len(low) - len(high))
    return low + (middle if len(middle) + 2 <= inner else "").center(inner) + high
