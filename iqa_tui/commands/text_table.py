"""Columns for people, as plain text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from training.runfolder.text import ELLIPSIS, plain

ONE_CELL_EACH = re.compile(
    "[ -~\xa0-\u02ff\u0370-\u0482\u2010-\u2027\u2030-\u205e\u2190-\u22ff\u2500-\u25fc\u2713\u2717]*"
)
"""Letters of the West, punctuation, arrows, the glyphs of the states: what nearly all texts are made of."""
MOST_CELLS = 200
"""Of a column that others follow: one endless label must not push them out of sight."""


def columns(rows: Sequence[Sequence[str]], indent: str = "  ") -> str:
    """Rows with their cells below each other; columns that are empty throughout are left out."""
    if not rows:
        return ""
    shown = [[*(shortened(plain(cell), MOST_CELLS) for cell in row[:-1]), *map(plain, row[-1:])] for row in rows]
    widths = [max(map(width_of, column)) for column in zip(*shown, strict=True)]
    lines = []
    for row in shown:
        cells = [padded(cell, width) for cell, width in zip(row, widths, strict=True) if width]
        lines.append(indent + "  ".join(cells).rstrip())
    return "\n".join(lines)


def width_of(text: str) -> int:
    """Cells of a terminal that the text takes: two for `損`, none for a combining mark."""
    if ONE_CELL_EACH.fullmatch(text):
        return len(text)
    from rich.cells import cell_len  # noqa: PLC0415  only who has wide signs pays for it

    return cell_len(text)


def padded(text: str, width: int) -> str:
    """The text and blanks behind it, `width` cells together; a wider one as it is."""
    return text + " " * (width - width_of(text))


def shortened(text: str, width: int) -> str:
    """The text in at most `width` cells; what is cut ends in an ellipsis."""
    if width_of(text) <= width:
        return text
    from rich.cells import set_cell_size  # noqa: PLC0415  as above

    return set_cell_size(text, width - 1).rstrip() + ELLIPSIS
