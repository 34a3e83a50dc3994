"""What users type on a command line or into a field: settings, seeds and splits."""

from __future__ import annotations

import re

MOST_SPLITS = 1000


def parse_setting(text: str) -> tuple[str, str]:
    """`epochs=1` as a flag and its value; `--weight-decay=0` is `weight_decay`.

    Raises:
        ValueError: in words.
    """
    name, sign, value = (part.strip() for part in text.partition("="))
    flag = name.removeprefix("--").replace("-", "_")
    if not sign or not flag.isidentifier() or not value:
        raise ValueError(f"{text!r} is no FLAG=VALUE, such as epochs=1")
    return flag, value


def parse_seeds(text: str) -> tuple[int, ...]:
    """`1,2,3` as numbers, each once; () if nothing is written.

    Raises:
        ValueError: in words, for anything else.
    """
    words = [word for word in re.split(r"[,\s]+", text) if word]
    if not all(word.isdecimal() for word in words):
        raise ValueError(f"{text!r} are no whole numbers of at least 0, such as 1,2,3")
    return tuple(dict.fromkeys(int(word) for word in words))


def parse_splits(text: str) -> tuple[int, ...]:
    """`10` as the splits 0 to 9, `3,5` as those two and `3,` as that one; () if nothing is written. A plan's `splits`
    means the same.

    Raises:
        ValueError: in words, for anything else.
    """
    stripped = text.strip()
    if not stripped.isdecimal():
        try:
            return parse_seeds(text)
        except ValueError:
            raise ValueError(f"{text!r} are no splits: write how many, such as 10, or which, such as 0,3,7") from None
    count = int(stripped)
    if not 0 < count <= MOST_SPLITS:
        raise ValueError(f"{stripped} splits are none that can be run: write 1 to {MOST_SPLITS}, or which, such as 0,3")
    return tuple(range(count))


def parse_overrides(text: str) -> dict[str, str]:
    """`epochs=1 data_path=/data` as flags. Raises ValueError, in words, for anything else."""
    try:
        return dict(map(parse_setting, text.split()))
    except ValueError as error:
        raise ValueError(f"Settings: {error}.") from None


def chosen_seeds(text: str) -> tuple[int, ...] | None:
    """None if nothing is written: the plan's own. Raises ValueError, in words, for anything but numbers."""
    try:
        return parse_seeds(text) or None
    except ValueError as error:
        raise ValueError(f"Seeds: {error}.") from None


def chosen_splits(text: str) -> tuple[int, ...] | None:
    """None if nothing is written: the plan's own. Raises ValueError, in words, for anything but `parse_splits`."""
    try:
        return parse_splits(text) or None
    except ValueError as error:
        raise ValueError(f"Splits: {error}.") from None
