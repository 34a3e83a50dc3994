"""Findings for the Results screen."""

from __future__ import annotations

from collections.abc import Iterator

from iqa_tui.results.findings.answers import is_shown
from iqa_tui.results.findings.as_text import grid_lines
from iqa_tui.results.findings.sections import Section, sections
from iqa_tui.results.findings.values import Findings
from iqa_tui.results.intervals.estimates import ONE_SEED, Difference
from iqa_tui.results.intervals.score_files import row_names
from iqa_tui.results.shown import Paragraph, ShownDifference, ShownFindings
from iqa_tui.results.table import Table
from training.runfolder.text import plain

GRID_WIDTH = 72
"""Cells of a small table: as many as the narrowest screen that shows findings beside nothing else has."""
SHORT = 5
"""Cells of an id that stands before its words, in their line."""
STYLES = {"✓": "good", "✗": "bad", "?": "warning", "○": "dim"}


def for_screen(findings: Findings, table: Table) -> ShownFindings:
    """Args:
    table: that the findings are of.
    """
    found = [findings.difference(name, "srcc") for name in row_names(table.rows)]
    return ShownFindings(
        tuple(each for section in sections(findings) for each in _paragraphs(section)),
        tuple(_shown(each) if each is not None and each.value is not None else None for each in found),
        ONE_SEED if any(each is not None and ONE_SEED in each.note for each in found) else "",
    )


def _paragraphs(section: Section) -> Iterator[Paragraph]:
    yield Paragraph(section.heading, "strong accent")
    for point in section.points:
        if 0 < len(point.head) <= SHORT and not point.details:
            yield Paragraph(f"{plain(point.head):<{SHORT}} {plain(point.told)}")
            continue
        if point.head:
            yield Paragraph(plain(point.head), f"strong {_style(point.head)}".rstrip())
        yield Paragraph(plain(point.told), indent=2 if point.head else 0)
        for detail in point.details:
            yield Paragraph(plain(detail), _style(detail), indent=4)
    if section.grid is not None:
        for line in grid_lines(section.grid, GRID_WIDTH):
            yield Paragraph(line, indent=2, has_columns=True)
    if section.note:
        yield Paragraph(section.note, "dim")
    yield Paragraph("")


def _style(text: str) -> str:
    """Of a verdict, by its sign."""
    return next((style for sign, style in STYLES.items() if f" {sign} " in f" {text[:16]}"), "")


def _shown(difference: Difference) -> ShownDifference:
    p = difference.p_holm
    word = difference.note if p is None else "shown" if is_shown(difference) else "not shown"
    return ShownDifference(difference.value, difference.low, difference.high, p, plain(word), is_shown(difference))
