"""The findings in sentences, wrapped and scrolled."""

from __future__ import annotations

from iqa_tui.panels.findings_text import FindingsText, paragraph_lines
from iqa_tui.results.shown import Paragraph


def texts(lines: list) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def test_a_paragraph_is_wrapped_behind_its_indent() -> None:
    lines = paragraph_lines([Paragraph("one two three four five", "good", indent=4), Paragraph("")], 24)
    assert texts(lines) == ["    one two three four", "    five", ""]
    assert lines[0][0][1] == "good"


def test_in_a_very_narrow_place_nothing_is_indented() -> None:
    assert texts(paragraph_lines([Paragraph("one", indent=4)], 20)) == ["one"]


def test_it_scrolls_to_its_last_line_and_no_further() -> None:
    panel = FindingsText()
    panel._paragraphs = tuple(Paragraph(str(number)) for number in range(10))
    assert texts(panel.draw(10, 4)) == ["0", "1", "2", "3"]
    panel.action_scroll_lines(100)
    assert texts(panel.draw(10, 4)) == ["6", "7", "8", "9"]
    panel.action_scroll_lines(-3)
    assert texts(panel.draw(10, 4)) == ["3", "4", "5", "6"]


def test_other_findings_are_shown_from_their_first_line() -> None:
    panel = FindingsText()
    panel.show([Paragraph(str(number)) for number in range(10)])
    panel.action_scroll_lines(5)
    panel.show([Paragraph(str(number)) for number in range(10)])
    assert texts(panel.draw(10, 2)) == ["5", "6"]
    panel.show([Paragraph("new")] * 9)
    assert texts(panel.draw(10, 2)) == ["new", "new"]
    assert panel._first == 0
