"""In which line of a TOML file a key stands: `tomllib` tells it of broken syntax alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

HEADING = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
QUOTES = ('"""', "'''")


@dataclass(frozen=True, slots=True)
class TomlPlace:
    """A table of a file."""

    heading: str = ""
    """`experiment` for one under `[[experiment]]`; empty: before every heading."""
    number: int = 1
    """Which of the tables under this heading, counted from 1."""


def line_of(text: str, place: TomlPlace, key: str) -> int | None:
    """The line of a key, counted from 1; that of the table's heading if the key is not found; None without either."""
    found = None
    here, counted = "", 0
    key_line = re.compile(rf"""\s*(["']?){re.escape(key)}\1\s*[.=]""")
    is_quoted = False
    for number, line in enumerate(text.splitlines(), 1):
        was_quoted = is_quoted
        is_quoted ^= sum(line.count(quotes) for quotes in QUOTES) % 2 == 1
        if was_quoted:
            continue
        if heading := HEADING.match(line):
            here = heading[2]
            counted += here == place.heading
            if here == place.heading and counted == place.number:
                found = number
        elif here == place.heading and (not here or counted == place.number) and key_line.match(line):
            return number
    return found
