"""Which random split of its data set a run has, by the trainer's command."""

from __future__ import annotations

from collections.abc import Sequence


def told_split_in(argv: Sequence[str]) -> int | None:
    """`--split_seed` of a trainer's command; None if it has none. One that is no number is 0."""
    found = None
    for word, following in zip(argv, [*argv, ""][1:], strict=True):
        name, _, value = word.partition("=")
        if name == "--split_seed":
            told = value or following
            found = int(told) if told.isdecimal() else 0
    return found


def split_seed_in(argv: Sequence[str]) -> int:
    """`--split_seed` of a trainer's command; 0 if it has none, or none that is a number."""
    return told_split_in(argv) or 0
