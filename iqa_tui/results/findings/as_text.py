"""Findings for a terminal and for a page."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from iqa_tui.results.findings.sections import Grid, Point, Section, sections
from iqa_tui.results.findings.values import Findings
from iqa_tui.results.markdown import MARKDOWN
from training.runfolder.text import plain


def plain_text(findings: Findings, width: int = 100) -> str:
    """Wrapped at a width in cells, without colour or control characters."""
    lines = [plain(findings.title)]
    for section in sections(findings):
        lines += ["", section.heading.upper()]
        aligned = _head_width(section)
        for point in section.points:
            lines += _point_lines(point, aligned, width)
        if section.grid is not None:
            lines += [f"  {line}" for line in grid_lines(section.grid, width - 2)]
        if section.note:
            lines += textwrap.wrap(section.note, width, initial_indent="  ", subsequent_indent="  ")
    return "\n".join(lines) + "\n"


def _head_width(section: Section) -> int:
    """Short heads stand in a column of their own; 0: each stands in a line of its own."""
    longest = max((len(point.head) for point in section.points), default=0)
    return longest if longest <= 12 else 0


def _point_lines(point: Point, aligned: int, width: int) -> list[str]:
    head, told = plain(point.head), plain(point.told)
    if head and not aligned:
        lines = textwrap.wrap(head, width, initial_indent="  ", subsequent_indent="  ")
        lines += textwrap.wrap(told, width, initial_indent="    ", subsequent_indent="    ")
    else:
        first = f"  {head}{' ' * (aligned - len(head))}  " if head else "  "
        lines = textwrap.wrap(told, width, initial_indent=first, subsequent_indent=" " * len(first))
    for detail in point.details:
        lines += textwrap.wrap(plain(detail), width, initial_indent="      ", subsequent_indent="        ")
    return lines


def grid_lines(grid: Grid, width: int) -> list[str]:
    """Cells below each other; columns for which a line has no room stand below, beside the first one again."""
    rows = [list(map(plain, row)) for row in (grid.headings, *grid.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines: list[str] = []
    left = list(range(1, len(widths)))
    while left:
        fits, used = [left[0]], widths[0] + 2 + widths[left[0]]
        for place in left[1:]:
            used += 2 + widths[place]
            if used > width:
                break
            fits.append(place)
        left = left[len(fits) :]
        cells = ([row[0].ljust(widths[0]), *(row[place].ljust(widths[place]) for place in fits)] for row in rows)
        lines += ["  ".join(line).rstrip() for line in cells]
    return lines


def _line(cells: Sequence[str]) -> str:
    is_rule = all(set(cell) <= {"-", ":"} for cell in cells)
    return f"| {' | '.join(cells if is_rule else (MARKDOWN.text(plain(cell)) for cell in cells))} |"


def markdown_text(findings: Findings) -> str:
    """A page of its own."""
    lines = [f"# {MARKDOWN.text(plain(findings.title))}"]
    for section in sections(findings):
        lines += ["", f"## {MARKDOWN.text(section.heading)}", ""]
        for point in section.points:
            if point.head:
                head = MARKDOWN.bold(MARKDOWN.text(plain(point.head)))
                lines.append(f"- {head}{MARKDOWN.text(f': {plain(point.told)}')}")
            else:
                lines.append(f"- {MARKDOWN.text(plain(point.told))}")
            lines += [f"  - {MARKDOWN.text(plain(detail))}" for detail in point.details]
        if section.grid is not None:
            headings, rows = section.grid.headings, section.grid.rows
            lines += ["", _line(headings), _line(["---", *["---:"] * (len(headings) - 1)]), *map(_line, rows)]
        if section.note:
            lines += ["", MARKDOWN.text(section.note)]
    return "\n".join(lines) + "\n"
