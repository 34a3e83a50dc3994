"""How it is said which code made which runs. A file of its own: the app's first paint needs it and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

MOST_NAMED = 6


def code_words(codes: Mapping[str, Iterable[str]]) -> str:
    """`F2, F3 by 3f2a9c1d77ab, F4 by 77ab01ce3f2a`."""
    return ", ".join(f"{_names(names)} by {code}" for code, names in codes.items())


def _names(names: Iterable[str]) -> str:
    known = list(dict.fromkeys(names))
    more = f" and {len(known) - MOST_NAMED} more" if len(known) > MOST_NAMED else ""
    return ", ".join(known[:MOST_NAMED]) + more
