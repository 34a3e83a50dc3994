"""What users type on a command line or into a field: settings and seeds."""

from __future__ import annotations

import re


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
