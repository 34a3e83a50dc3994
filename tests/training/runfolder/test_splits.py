"""Which random split a command asks for."""

from __future__ import annotations

import pytest

from training.runfolder.splits import split_seed_in, told_split_in


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--seed 4", None),
        ("--split_seed 0", 0),
        ("--split_seed 3 --seed 4", 3),
        ("--split_seed=3 --split_seed=12", 12),
        ("--split_seed", 0),
        ("--split_seed three", 0),
    ],
)
def test_the_split_seed_is_read_from_a_command(words: str, told: int | None) -> None:
    argv = ["python", "-m", "training", *words.split()]
    assert told_split_in(argv) == told
    assert split_seed_in(argv) == (told or 0)


def test_a_run_without_a_command_was_told_of_no_split() -> None:
    assert told_split_in([]) is None
