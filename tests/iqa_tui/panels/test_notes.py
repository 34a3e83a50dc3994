"""Words about what is under the cursor."""

from __future__ import annotations

from iqa_tui.panels.notes import Notes

TEXTS = [("one two three four five six", ""), ("seven", "dim")]


def test_paragraphs_are_wrapped_each_with_its_style() -> None:
    notes = Notes(id="notes")
    notes.show(TEXTS)
    assert notes.lines_wanted(14) == 3
    assert notes.draw(14, 9) == [[("one two three", "")], [("four five six", "")], [("seven", "dim")]]


def test_what_has_no_room_is_cut_with_an_ellipsis() -> None:
    notes = Notes(id="notes")
    notes.show(TEXTS)
    assert notes.draw(14, 2) == [[("one two three", "")], [("four five six…", "")]]
