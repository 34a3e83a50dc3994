"""How much memory a process and all of its descendants have. Reads /proc alone; standard library only."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
HAS_CHILDREN_FILES = Path(f"/proc/self/task/{os.getpid()}/children").exists()
"""False: a kernel without CONFIG_PROC_CHILDREN."""
LARGEST_SHARE = 0.005
"""Of a core, for dividing pages among the processes that share them: the kernel takes 70 ns a page, and keeps the
process from mapping memory meanwhile.
"""


def descendants(pid: int) -> set[int]:
    """The processes below one, without itself; those that it adopted belong to them."""
    children: Callable[[int], list[int]] = _children_of
    if not HAS_CHILDREN_FILES:
        children = _by_parent().__getitem__
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        try:
            new = [child for child in children(waiting.pop()) if child not in found]
        except (OSError, KeyError):  # it has exited, or has no children
            continue
        found.update(new)
        waiting += new
    return found


def _children_of(pid: int) -> list[int]:
    """Each thread has the children that it started."""
    found: list[int] = []
    for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208  names alone
        with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:  # noqa: PTH123  one for each thread of a run
            found += map(int, file.read().split())
    return found


def _by_parent() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208  names alone
        if name.isdecimal():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123  one for each process of the machine
                    parent = int(file.read().rpartition(b")")[2].split()[1])
            except OSError:
                continue
            found.setdefault(parent, []).append(int(name))
    return found


def resident_bytes(pid: int) -> int:
    """What a process has in memory, shared pages included; 0 if it is gone."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123  as above
            return int(file.read().split()[1]) * PAGE_BYTES
    except OSError:
        return 0


def proportional_bytes(pid: int) -> int | None:
    """The same with each page divided by the number of processes that have it; None if the system does not tell."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:  # noqa: PTH123  as above
            for line in file:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) << 10
    except OSError:
        pass
    return None


@dataclass(frozen=True, slots=True)
class _Look:
    """One time that pages were divided among the processes that share them."""

    pids: frozenset[int]
    share: float
    """What that gave, as a share of the sum of what each process has."""
    next_look: float
    """Monotonic seconds: earlier it would cost more than `LARGEST_SHARE`."""


class TreeMemory:
    """Looks again and again. Pages are divided seldom: meanwhile a byte counts as much as it did the last time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._look = _Look(frozenset(), 1.0, float("-inf"))

    def bytes_of(self, pids: Collection[int]) -> int | None:
        """Memory of these processes, shared pages counted once.

        Returns:
            None if other processes have come or gone and it is too early for the next exact look.
        """
        resident = sum(map(resident_bytes, pids))
        if len(pids) == 1:
            return resident
        began = self._clock()
        if began >= self._look.next_look and resident:
            share = _proportional_sum(pids, resident) / resident
            ended = self._clock()
            self._look = _Look(frozenset(pids), share, ended + (ended - began) / LARGEST_SHARE)
        elif self._look.pids != frozenset(pids):
            return None
        return round(resident * self._look.share)


def _proportional_sum(pids: Iterable[int], resident: int) -> int:
    """What cannot be told is taken as not shared."""
    found = [proportional_bytes(pid) for pid in pids]
    return resident if None in found else sum(each for each in found if each is not None)
