"""The lines of a table: which columns fit, the heading, a row. Pure; `RowTable` shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from rich.cells import cell_len

from iqa_tui.widgets.canvas import Line, Span, fit, line_width

Cell = str | tuple[Span, ...]

MOST_LABEL_WIDTH = 10
LUXURY = 9
"""Columns of less importance are shown if nothing is cut for them."""
SORTED_SIGNS = {False: "↓", True: "↑"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column; its place is the same in every row."""

    key: str
    title: str
    width: int
    """Cells."""
    align: str = "left"
    """left or right."""
    grows: bool = False
    """It gets what the others leave: up to `most`, the first first; without such a limit the last gets all the rest."""
    importance: int = 9
    """Columns of less importance are left out first if the place is narrow."""
    most: int = 0
    """Cells up to which it grows, before a column of importance below `LUXURY` is shown; 0: without limit."""
    instead_of: str = ""
    """Key of the column in whose place this one stands if that is left out; empty: it stands by itself."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row. `key` is its identity: the cursor stays with it when rows come, go or move."""

    key: str
    cells: dict[str, Cell] = field(default_factory=dict)
    style: str = ""
    """Of the whole row."""
    span_from: tuple[str, ...] = ()
    """Those of these columns that are shown are one long cell, `span`."""
    span: Cell = ""
    name_from: tuple[str, ...] = ()
    """As `span_from`, of another long cell, `name`."""
    name: Cell = ""
    shorter: tuple[Cell, ...] = ()
    """What the span says if it is too narrow, longest first."""
    folds: bool = False
    """A click opens or folds it."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """By which column the rows are sorted."""

    key: str = ""
    """Empty: by none."""
    is_rising: bool = False


def with_label_width(
    columns: Sequence[Column], key: str, labels: Iterable[str], most: int = MOST_LABEL_WIDTH
) -> tuple[Column, ...]:
    """The columns, that of `key` as wide as its longest text, within reason: a name that is cut means another thing."""
    longest = min(most, max(map(cell_len, labels), default=0))
    return tuple(
        replace(column, width=max(column.width, longest)) if column.key == key else column for column in columns
    )


def fitting_columns(columns: Sequence[Column], width: int) -> tuple[Column, ...]:
    """The columns that fit into `width` cells with a blank between them; those that grow take what is left."""
    kept = [column for column in columns if not column.instead_of]
    while len(kept) > 1:
        least = min(kept, key=lambda column: (column.importance, -kept.index(column)))
        wished = sum(max(0, each.most - each.width) for each in kept) if least.importance < LUXURY else 0
        if _needed(kept) + wished <= width:
            break
        kept[kept.index(least) : kept.index(least) + 1] = [each for each in columns if each.instead_of == least.key]
    spare = max(0, width - _needed(kept))
    limited = {column.key: column.most - column.width for column in kept if column.grows and column.most}
    last = next((column.key for column in reversed(kept) if column.grows and not column.most), "")
    more: dict[str, int] = {}
    for key, wished_cells in limited.items():
        more[key] = min(spare, max(0, wished_cells))
        spare -= more[key]
    more[last] = spare
    return tuple(replace(column, width=column.width + more.get(column.key, 0)) for column in kept)


def _needed(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns) + len(columns) - 1


def column_at(columns: Sequence[Column], cell: int) -> str:
    """Key of the column in this cell of a line; the blank before a column belongs to it. Empty: beside all of them."""
    end = 0
    for column in columns:
        end += column.width
        if cell < end:
            return column.key
        end += 1
    return ""


def header_line(columns: Sequence[Column], by: Sorted = Sorted()) -> Line:
    """The titles; the arrow beside that of the sorted column may stand in the blank between two columns."""
    text = " "
    for column in columns:
        title = fit(column.title, column.width, column.align)
        if column.key == by.key and column.title:
            text, title = _with_arrow(text, title, SORTED_SIGNS[by.is_rising], column)
        text += title if len(title) > column.width else f"{title} "
    return [(text[1:].rstrip(), "heading")]


def _with_arrow(before: str, title: str, arrow: str, column: Column) -> tuple[str, str]:
    if column.align == "right":
        padded = f"{before[-1]}{title}"
        place = len(padded) - len(padded.lstrip()) - 1
        padded = f"{padded[:place]}{arrow}{padded[place + 1 :]}"
        return before[:-1] + padded[0], padded[1:]
    place = len(title.rstrip())
    padded = f"{title} "
    return before, f"{padded[:place]}{arrow}{padded[place + 1 :]}"


def row_line(row: TableRow, columns: Sequence[Column], width: int) -> Line:
    """The row in at most `width` cells; a span that reaches the last column takes all that is left."""
    line: Line = []
    named = [column for column in columns if row.name and column.key in row.name_from]
    spanned = [column for column in columns if row.span and column.key in row.span_from]
    for number, column in enumerate(columns):
        if column in named[1:] or column in spanned[1:]:
            continue
        if number:
            line.append((" ", row.style))
        if named and column is named[0]:
            line += _fitted(row.name, _needed(named), "left", row.style)
        elif spanned and column is spanned[0]:
            room = width - line_width(line) if columns[-1] in spanned else _needed(spanned)
            line += _fitted(_that_fits((row.span, *row.shorter), room), room, "left", row.style)
        else:
            line += _fitted(row.cells.get(column.key, ""), column.width, column.align, row.style)
    return line


def _that_fits(cells: Sequence[Cell], width: int) -> Cell:
    """The first that is not too long; the last if all are."""
    return next((cell for cell in cells if _cell_width(cell) <= width), cells[-1])


def _cell_width(cell: Cell) -> int:
    return cell_len(cell) if isinstance(cell, str) else line_width(cell)


def _fitted(cell: Cell, width: int, align: str, style: str) -> Line:
    """The cell in exactly `width` cells; its own styles come after the row's, so they win."""
    if isinstance(cell, str):
        return [(fit(cell, width, align), style)]
    line: Line = []
    left = width
    for text, own in cell:
        shown = fit(text, min(left, line_width([(text, own)])))
        line.append((shown, f"{style} {own}".strip()))
        left -= line_width([(shown, own)])
    padding = (" " * left, style)
    return [padding, *line] if align == "right" else [*line, padding]
