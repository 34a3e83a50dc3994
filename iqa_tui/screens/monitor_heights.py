"""How many lines each part of the monitor screen gets: table and devices what they need, the curves the rest."""

from __future__ import annotations

from dataclasses import dataclass

from textual.widget import Widget

LEAST_TOP, LEAST_RUNS, LEAST_ROWS = 6, 5, 5
FRAME = 2
"""Lines of a panel's border."""
TOP_PERCENT = 45
"""The table and the devices beside it, or the table alone, never take more of the screen."""
BARS = 2
"""Lines of the header and the key bar."""
LEAST_CURVES = 3
MOST_NOTES = 5
"""The longest cause takes this many in 80 columns."""


@dataclass(frozen=True, slots=True)
class TopHeights:
    """Lines of the upper part."""

    top: int
    """All of it."""
    runs: int | None = None
    """None: the table stands beside the devices, as high as all of it."""
    gpus: int | None = None
    """As `runs`."""


def top_heights(height: int, rows: int, device_lines: int, *, wide: bool) -> TopHeights:
    """Args:
    height: of the screen.
    rows: of the table, its heading included.
    device_lines: those that everything about the devices takes; 0 if they are folded away.
    wide: the table stands beside the devices, not above them.
    """
    rows = max(rows, LEAST_ROWS)
    if wide:
        return TopHeights(max(LEAST_TOP, min(max(rows, device_lines) + FRAME, height * TOP_PERCENT // 100)))
    gpus = min(device_lines, most_gpu_lines(height)) + FRAME if device_lines else 0
    runs = max(LEAST_RUNS, min(rows + FRAME, (height - gpus) * TOP_PERCENT // 100))
    return TopHeights(runs + gpus, runs, gpus)


def most_gpu_lines(height: int) -> int:
    """Lines of devices above the curves of a narrow screen."""
    return max(1, height // 3 - FRAME)


def notes_height(height: int, top: int, wanted: int) -> int:
    """Lines for the words below the table.

    Args:
        height: of the screen.
        top: of the upper part, see `TopHeights`.
        wanted: lines that the words take.
    """
    return max(0, min(wanted, MOST_NOTES, height - BARS - top - LEAST_CURVES))


def set_height(widget: Widget, height: int | None) -> None:
    """Give it this height, or that of the style sheet. A layout costs a repaint of everything, so nothing is done if it
    has it already.
    """
    if height is None:
        if widget.styles.inline.has_rule("height"):
            widget.styles.clear_rule("height")
        return
    current = widget.styles.height
    if current is None or current.value != height:
        widget.styles.height = height
