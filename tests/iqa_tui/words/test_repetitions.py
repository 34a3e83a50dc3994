"""How runs are told apart and counted."""

from __future__ import annotations

from iqa_tui.words.repetitions import repetition_words, repetitions_words, seeds_words, short_repetition


def test_a_run_is_named_by_its_seed_and_by_its_split_if_it_has_one() -> None:
    assert [repetition_words(1, None), repetition_words(1, 0)] == ["seed 1", "split 0 seed 1"]
    assert [short_repetition(1, None), short_repetition(1, 0)] == ["s1", "s1 split 0"]


def test_seeds_are_named_once_and_splits_are_counted() -> None:
    assert seeds_words([2, 1, 2]) == "seeds 1, 2"
    assert repetitions_words([1, 1, 1], [0, 3, 5]) == "3 splits, seed 1"
    assert repetitions_words([1, 2], [0, 0]) == "seeds 1, 2"
    assert repetitions_words([], []) == ""
