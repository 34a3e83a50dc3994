"""How many plots stand beside and below each other, and which of them: 1, 2 × 1, 2 × 2, 3 × 2, by the room."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

LEAST_WIDTH, LEAST_HEIGHT = 34, 5
"""Of a plot that has another one beside or below it."""
MOST_COLUMNS, MOST_ROWS = 3, 2
GAP = 2
"""Blank cells between plots."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Plots on one page, and pages."""

    columns: int
    rows: int
    pages: int

    @property
    def on_a_page(self) -> int:
        return self.columns * self.rows

    def page(self, number: int) -> slice:
        """Which plots are on a page; pages go round."""
        first = number % self.pages * self.on_a_page
        return slice(first, first + self.on_a_page)


def plot_layout(width: int, height: int, plots: int) -> Layout:
    """As many plots as have room, in a grid that has no more cells than it needs."""
    most_columns = max(1, min(MOST_COLUMNS, (width + GAP) // (LEAST_WIDTH + GAP)))
    most_rows = max(1, min(MOST_ROWS, height // LEAST_HEIGHT))
    shown = max(1, min(plots, most_columns * most_rows))
    rows = ceil(shown / most_columns)
    if rows < most_rows and width < 2 * height * rows and shown > 1:  # a high place
        rows += 1
    columns = ceil(shown / rows)
    return Layout(columns, rows, max(1, ceil(plots / (columns * rows))))


def shares(whole: int, parts: int, gap: int = 0) -> list[tuple[int, int]]:
    """Start and length of each part; what does not divide goes to the first ones."""
    room = whole - gap * (parts - 1)
    lengths = [room // parts + (number < room % parts) for number in range(parts)]
    starts = [sum(lengths[:number]) + gap * number for number in range(parts)]
    return list(zip(starts, lengths, strict=True))
