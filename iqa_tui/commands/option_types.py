"""What stands behind an option, from the text that a user typed. A wrong one is refused in words."""

from __future__ import annotations

import argparse
import re
from typing import Any

from iqa_tui.plans.typed import parse_seeds, parse_setting, parse_splits
from iqa_tui.slurm.options import parse_option


def words(text: str) -> list[str]:
    named = [word.strip() for word in text.split(",") if word.strip()]
    if not named:
        raise argparse.ArgumentTypeError(f"{text!r} names nothing")
    return named


def seeds(text: str) -> tuple[int, ...]:
    try:
        return parse_seeds(",".join(words(text)))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def splits(text: str) -> tuple[int, ...]:
    try:
        return parse_splits(text) or parse_seeds(",".join(words(text)))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def setting(text: str) -> tuple[str, str]:
    try:
        return parse_setting(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def slurm_option(text: str) -> tuple[str, Any]:
    try:
        return parse_option(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of at least 1")
    return int(text)


def seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return number


def hours(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of hours above 0")
    return number


def size(text: str) -> int:
    """Bytes, of `10GiB` or `500 MiB`."""
    found = re.fullmatch(r"(\d{1,15}(?:\.\d+)?) ?(GiB|MiB)", text.strip(), re.IGNORECASE)
    if text.strip() == "0":
        return 0
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size with its unit, for example 10GiB or 500MiB")
    return int(float(found[1]) * (1 << 30 if found[2].lower() == "gib" else 1 << 20))
