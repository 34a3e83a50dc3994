"""The order of rows by one field: what has no value stands last, whichever end is first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from iqa_tui.monitor.fields import number, texts
from iqa_tui.monitor.scores import score_of

if TYPE_CHECKING:
    from iqa_tui.monitor.state import RunState

DIGITS = re.compile(r"(\d+)")

Key = tuple[float, tuple[tuple[int, int, str], ...]]


def in_order(rows: Sequence[Sequence[RunState]], name: str, now: float, *, is_rising: bool) -> list[Sequence[RunState]]:
    """Args:
    rows: the runs of each row; rows with one value stay in their order.
    name: of a field; empty: as they are.
    now: Unix seconds.
    """
    if not name:
        return list(rows)
    keys = [_key(runs, name, now) for runs in rows]
    known = [(key, runs) for key, runs in zip(keys, rows, strict=True) if key is not None]
    known.sort(key=lambda pair: pair[0], reverse=not is_rising)
    return [runs for _, runs in known] + [runs for key, runs in zip(keys, rows, strict=True) if key is None]


def _key(runs: Sequence[RunState], name: str, now: float) -> Key | None:
    """None if no run of the row has a value."""
    if name == "srcc":
        score = score_of(runs)
        return (score.mean, ()) if score else None
    numbers = [value for state in runs if (value := number(state, name, now)) is not None]
    if numbers:
        return fmean(numbers), ()
    words = next((found for state in runs for found in texts(state, name)), "")
    return (0.0, tuple(map(_part, DIGITS.split(words.casefold())))) if words else None


def _part(text: str) -> tuple[int, int, str]:
    """`F10` comes after `F2`."""
    return (1, int(text[:20]), "") if text.isdecimal() else (0, 0, text)
