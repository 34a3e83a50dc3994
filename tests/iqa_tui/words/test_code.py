"""How it is said which code made which runs."""

from __future__ import annotations

import pytest

from iqa_tui.words.code import MOST_NAMED, code_words


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        ({}, ""),
        ({"3f2a": ["F2"]}, "F2 by 3f2a"),
        ({"3f2a": ["F2", "F3"], "77ab": ["F4"]}, "F2, F3 by 3f2a, F4 by 77ab"),
        ({"3f2a": ["F2", "F3", "F2"]}, "F2, F3 by 3f2a"),
        ({"3f2a": [f"F{number}" for number in range(6)]}, "F0, F1, F2, F3, F4, F5 by 3f2a"),
        ({"3f2a": [f"F{number}" for number in range(8)]}, "F0, F1, F2, F3, F4, F5 and 2 more by 3f2a"),
    ],
)
def test_each_code_is_named_after_its_runs(codes: dict[str, list[str]], words: str) -> None:
    assert MOST_NAMED == 6
    assert code_words(codes) == words
