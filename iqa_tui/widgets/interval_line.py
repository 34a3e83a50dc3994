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


@dataclass(frozen=True, slots=True)
class Scale:
    """Where numbers stand in a line."""

    bounds: Range
    """The numbers at its ends."""
    width: int
    """Cells."""
    has_zero: bool = False
    """0 is marked."""
    signs: Signs = UNICODE


@dataclass(frozen=True, slots=True)
class Marked:
    """What is drawn on a scale."""

    value: float | None
    """None: the scale alone is drawn."""
    ends: Range | None = None
    """Of the interval; None: there is none."""
    style: str = ""
    band: Range | None = None
    """A range that is expected."""
    is_recorded: bool = False


def interval_line(marked: Marked, scale: Scale) -> Line:
    """One span a cell."""
    bounds, width, signs = scale.bounds, scale.width, scale.signs
    cells = [(" ", "")] * width
    if marked.band is not None:
        first, last = (place_on(end, bounds, width) for end in marked.band)
        cells[first : last + 1] = [(signs.band, "dim")] * (last + 1 - first)
    zero = place_on(0.0, bounds, width) if scale.has_zero else -1
    if scale.has_zero:
        cells[zero] = (signs.zero, "dim")
    if marked.value is None:
        return cells
    if marked.ends is not None:
        first, last = (place_on(end, bounds, width) for end in marked.ends)
        cells[first : last + 1] = [
            (signs.cross if place == zero else signs.line, marked.style) for place in range(first, last + 1)
        ]
        cells[first], cells[last] = (signs.left, marked.style), (signs.right, marked.style)
    mark = signs.recorded if marked.is_recorded else signs.value
    cells[place_on(marked.value, bounds, width)] = (mark, f"{marked.style} strong")
    return cells


def place_on(value: float, bounds: Range, width: int) -> int:
    """The cell of a value; one outside the scale is at its end."""
    low, high = bounds
    return round(min(1.0, max(0.0, (value - low) / (high - low))) * (width - 1)) if high > low else width // 2


def scale_line(low: str, middle: str, high: str, width: int) -> str:
    """The ends of a scale, and what stands between them if there is room."""
    inner = max(0, width - len(low) - len(high))
    return low + (middle if len(middle) + 2 <= inner else "").center(inner) + high
