"""How much of a GPU's memory runs may still reserve, beside what others use and what is reserved already."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from iqa_tui.devices.gpus.free import SPARE_BYTES
from iqa_tui.devices.gpus.sample import GpuProcess, GpuSample
from iqa_tui.devices.lease import Holder
from iqa_tui.words.sizes import gib_words

MOST_ANCESTORS = 8
"""How far up from a process the supervisor of its run may be: shells and launchers may be between."""


def room_bytes(sample: GpuSample, holders: Sequence[Holder]) -> int | None:
    """What all shares of this GPU together may reserve; None if it cannot be known, if one run has the GPU whole, or
    if its compute mode lets in no second process.

    What a run uses counts once, as long as its processes can be told from others'; if they cannot (in a container,
    under MIG, with a driver that tells no memory by process) it counts beside what the run has reserved.
    """
    if sample.memory_used_bytes is None or sample.memory_total_bytes is None or sample.problem:
        return None
    if sample.is_exclusive or any(holder.reserved_bytes is None for holder in holders):
        return None
    own = _used_by_runs(sample.processes or (), holders)
    within = sum(min(own.get(holder.pid or 0, 0), holder.reserved_bytes or 0) for holder in holders)
    return max(0, sample.memory_total_bytes - SPARE_BYTES - sample.memory_used_bytes + within)


def left_bytes(sample: GpuSample, holders: Sequence[Holder]) -> int | None:
    """What one more run may reserve; None as in `room_bytes`."""
    room = room_bytes(sample, holders)
    return None if room is None else max(0, room - sum(holder.reserved_bytes or 0 for holder in holders))


def share_words(holders: Sequence[Holder], left: int | None) -> str:
    """`shared by F2 L2 (MSE) of ann (10.0 GiB) and F3 SRCC of bob (10.0 GiB); 58.9 GiB left`."""
    names = " and ".join(
        f"{holder.words} of {holder.user} ({gib_words(holder.reserved_bytes or 0)})" for holder in holders
    )
    return f"shared by {names}" + ("" if left is None else f"; {gib_words(left)} left")


def _used_by_runs(processes: Sequence[GpuProcess], holders: Sequence[Holder]) -> Mapping[int, int]:
    """Pid of the supervisor to what its run's processes use, as far as the driver tells."""
    used: dict[int, int] = {}
    supervisors = {holder.pid for holder in holders if holder.pid}
    for process in processes:
        supervisor = _supervisor_of(process.pid, supervisors)
        if supervisor is not None:
            used[supervisor] = used.get(supervisor, 0) + (process.memory_used_bytes or 0)
    return used


def _supervisor_of(pid: int, supervisors: set[int]) -> int | None:
    """Which of these processes this one descends from; None if from none."""
    for _ in range(MOST_ANCESTORS):
        if pid in supervisors:
            return pid
        if pid <= 1:
            return None
        pid = _parent(pid)
    return None


def _parent(pid: int) -> int:
    """0 if there is no such process."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[1])
    return 0
