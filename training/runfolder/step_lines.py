"""Step events as the trainer writes them, read by one regular expression: a third of what JSON costs a line.

Exact, since it is narrow: a line that the expression takes has the very values that `json` finds in it, and any other
line is left to `json`.
"""

from __future__ import annotations

import json
import math
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from training.runfolder.schema import Event

Doubles: TypeAlias = "array[float]"

SECONDS = rb"(?:0|[1-9][0-9]{0,10})(?:\.[0-9]{1,9})?"
"""Before the year 5138: no reader refuses such a time."""
WHOLE = rb"[1-9][0-9]{0,14}"
"""A double tells each from the next."""
NUMBER = rb"null|(?!-0[,}])-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,25})?(?:[eE](?:-[0-9]{1,3}|\+?[0-7]?[0-9]))?"
"""Far below the largest number that a reader takes. `-0` is a whole number to JSON, and so has no sign."""
FIRST_FIELDS = ("t", "attempt")
MOST_FIELDS = 60
"""More are no step of a trainer's, and an expression has a hundred groups at most."""
BEGINNING = b'{"kind": "step", "t": '
NAME = re.compile(r"[A-Za-z0-9_.-]{1,60}")


@dataclass(frozen=True, slots=True)
class StepLines:
    """Consecutive step events with the same fields in the same order, as columns of the numbers as they are written."""

    columns: dict[str, tuple[bytes, ...]]
    """`t`, `attempt`, then the fields, `epoch` and `step` among them."""

    def __len__(self) -> int:
        return len(self.columns["t"])

    def numbers(self, name: str) -> Doubles:
        """A column as doubles; NaN for null."""
        words = self.columns[name]
        try:
            return array("d", map(float, words))
        except ValueError:
            return array("d", [math.nan if word == b"null" else float(word) for word in words])

    @property
    def fields(self) -> list[str]:
        return [name for name in self.columns if name not in FIRST_FIELDS]

    def events(self) -> Iterator[Event]:
        """The same, one by one, as `json` reads them."""
        names = self.fields
        for t, attempt, *words in zip(*self.columns.values(), strict=True):
            values = dict(zip(names, map(number_of, words), strict=True))
            yield Event("step", float(t), int(attempt), values)


def number_of(word: bytes) -> float | int | None:
    """As `json` reads it."""
    if word == b"null":
        return None
    return int(word) if word.lstrip(b"-").isdigit() else float(word)


def split_lines(chunk: bytes) -> list[StepLines | bytes]:
    """Whole lines, in order: stretches of step lines, and all other lines one by one, without their newline.

    Args:
        chunk: ends with a newline.
    """
    names = _fields_of_the_first(chunk)
    if not names:
        return list(chunk.split(b"\n")[:-1])
    rows = _expression(names).findall(chunk)
    parts: list[StepLines | bytes] = []
    begin = 0
    for at in [number for number, row in enumerate(rows) if not row[0]] + [len(rows)]:
        if begin < at:
            columns = zip(*rows[begin:at], strict=True)
            parts.append(StepLines(dict(zip((*FIRST_FIELDS, *names), columns, strict=False))))
        if at < len(rows):
            parts.append(rows[at][-1])
        begin = at + 1
    return parts


def _fields_of_the_first(chunk: bytes) -> tuple[str, ...]:
    """Names of the fields of the first step line; empty if it is none that the expression can take."""
    begin = chunk.find(BEGINNING)
    if begin < 0:
        return ()
    try:
        pairs = json.loads(chunk[begin : chunk.index(b"\n", begin)].decode(), object_pairs_hook=list)
    except (ValueError, RecursionError, MemoryError):
        return ()
    first, names = tuple(name for name, _ in pairs[:3]), tuple(name for name, _ in pairs[3:])
    is_sound = (
        first == ("kind", *FIRST_FIELDS)
        and {"epoch", "step"} <= set(names)
        and len({*first, *names}) == len(pairs) <= MOST_FIELDS
        and all(map(NAME.fullmatch, names))
    )
    return names if is_sound else ()


@lru_cache(maxsize=64)
def _expression(names: tuple[str, ...]) -> re.Pattern[bytes]:
    """Each match is one line: of a step with these fields, its numbers; of any other, the last group."""
    fields = b"".join(
        b', "%s": (%s)' % (re.escape(name).encode(), WHOLE if name in ("epoch", "step") else NUMBER) for name in names
    )
    step = rb'\{"kind": "step", "t": (%s), "attempt": (0|[1-9][0-9]{0,5})%s\}' % (SECONDS, fields)
    return re.compile(step + rb"\n|([^\n]*)\n")
