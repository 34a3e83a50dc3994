"""Findings for a terminal and for a page."""

from __future__ import annotations

import textwrap

from iqa_tui.results.findings.sections import Point, Section, sections
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
        if section.note:
            lines += ["", MARKDOWN.text(section.note)]
    return "\n".join(lines) + "\n"
