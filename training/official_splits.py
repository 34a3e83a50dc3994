"""Which data sets have a split by their authors, so that no other one may be drawn."""

from __future__ import annotations

from typing import NoReturn

from training.errors import BadData

ALWAYS = frozenset({"biq2021", "demo", "flive", "uhd-iqa"})
"""Without a look at their files."""
BY_THEIR_FILES = frozenset({"csv", "koniq-10k"})
"""KonIQ-10k has two files of labels, one without sets; the column `split` of a CSV file is the user's to write."""


def refuse_other_split(split_seed: int, name: str) -> NoReturn:
    """Refuse a split seed for a data set of this name.

    Raises:
        BadData: always, in words; 0 is the official split itself, for which this is not called.
    """
    raise BadData(
        f"--split_seed {split_seed}: {name} has a split of its own, and scores on another one do not compare with "
        "published ones; leave --split_seed out (in a plan: splits)"
    )
