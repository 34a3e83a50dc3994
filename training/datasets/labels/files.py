"""The state of many files at once. A network file system answers one question slowly, but many in the same time."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

THREADS = 16
CHUNK = 256


def states_of(paths: Sequence[str]) -> list[os.stat_result | None]:
    """Of each file, links followed; None if it is missing or may not be looked at."""
    if len(paths) <= CHUNK:
        return _states(paths)
    chunks = [paths[start : start + CHUNK] for start in range(0, len(paths), CHUNK)]
    with ThreadPoolExecutor(THREADS) as pool:
        return list(chain.from_iterable(pool.map(_states, chunks)))


def _states(paths: Sequence[str]) -> list[os.stat_result | None]:
    return [_state(path) for path in paths]


def _state(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116 - a tenth of a second sooner for 10,000 files
    except (OSError, ValueError):  # ValueError: a name that no file can have
        return None
