"""The values of flags: numbers of a kind, refused in words that argparse prints after the flag's name.

Each raises argparse.ArgumentTypeError.
"""

from __future__ import annotations

import argparse

LARGEST_SEED = 2**63 - 1
"""The generators of torch and numpy take no larger one, and the files of a run hold no larger number."""


def positive(text: str) -> int:
    number = _whole(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return number


def two_or_more(text: str) -> int:
    number = _whole(text)
    if number < 2:
        raise argparse.ArgumentTypeError(f"{text} is not at least 2")
    return number


def from_zero(text: str) -> int:
    number = _whole(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is negative")
    return number


def seed(text: str) -> int:
    number = from_zero(text)
    if number > LARGEST_SEED:
        raise argparse.ArgumentTypeError(f"{text} is larger than {LARGEST_SEED}")
    return number


def not_negative(text: str) -> float:
    number = _number(text)
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number of at least 0")
    return number


def above_zero(text: str) -> float:
    number = _number(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return number


def rate(text: str) -> float:
    number = _number(text)
    if not 0 <= number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not in [0, 1)")
    return number


def share(text: str) -> float:
    number = _number(text)
    if not 0 < number <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not in (0, 1]")
    return number


def epochs_or_all(text: str) -> str:
    return text if text == "all" else str(positive(text))


def resize(text: str) -> str:
    return text if text == "none" else str(positive(text))


def scale(text: str) -> str:
    """`LOW,HIGH`."""
    parts = text.split(",")
    if len(parts) != 2:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not LOW,HIGH, such as 1,5")
    low, high = map(_number, parts)
    if not -float("inf") < low < high < float("inf"):
        raise argparse.ArgumentTypeError(f"{text[:40]!r}: LOW must be below HIGH, both finite")
    return f"{low!r},{high!r}"


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no whole number") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no number") from None
