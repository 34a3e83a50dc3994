"""Where in a line a search found something."""

from __future__ import annotations

import re

import pytest

from iqa_tui.widgets import log_hits
from iqa_tui.widgets.log_hits import MOST_MARKS, Marking


def test_all_places_in_a_line_are_marked_but_those_of_no_letter() -> None:
    assert Marking(re.compile("a*")).spans("baab a") == [(1, 3), (5, 6)]
    assert len(Marking(re.compile("a")).spans("a" * 9_000)) == MOST_MARKS
    assert Marking(None).spans("baab a") == []


def test_what_takes_too_long_in_one_drawing_is_drawn_without_marks_and_tried_again_in_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [0.0]

    def thread_time() -> float:
        clock[0] += 0.03
        return clock[0]

    monkeypatch.setattr(log_hits.time, "thread_time", thread_time)
    for _ in range(2):
        marking = Marking(re.compile("a"))
        assert [bool(marking.spans("a")) for _ in range(6)] == [True, True, True, True, False, False]
