"""Which GPU is free, and why the others are not, in words. Samples alone decide; what is unknown counts as busy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from iqa_tui.devices.gpus.sample import GpuProcess, GpuSample
from iqa_tui.words.durations import duration_words
from iqa_tui.words.sizes import GIB, gib_words

MIB = 1 << 20


IDLE_MEMORY_BYTES = 300 * MIB
IDLE_MEMORY_SHARE = 0.02
RESERVE_BYTES = 1024 * MIB
"""What an old driver counts as used on an idle GPU (912 MB on an A100)."""
IDLE_UTILISATION_PERCENT = 10
SETTLE_SECONDS = 4.0
"""A GPU must look idle for this long: between two epochs another program's training looks idle too."""
SETTLE_SAMPLES = 3
SPARE_BYTES = 512 * MIB
"""Beside a declared need: what CUDA itself takes."""
MPS_SERVER = "nvidia-cuda-mps-server"
"""It lends the GPU to its clients, and uses some 30 MiB of it even if there are none."""
MOST_NAMES = 3
"""Graphics processes that are named; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Look:
    """One sample and when it was taken."""

    at: float
    """Seconds of a monotonic clock."""
    sample: GpuSample


def why_busy(sample: GpuSample, now: float) -> str | None:
    """Why this one sample is not that of an idle GPU, in words; None if it is.

    Args:
        now: unix seconds, to say how long a process has been there.
    """
    if sample.problem:
        return sample.problem
    return _who_holds(sample, now) or _what_is_used(sample)


def _who_holds(sample: GpuSample, now: float) -> str | None:
    """An MPS server waits for clients for as long as the machine is up: only they hold the GPU."""
    holding = [process for process in sample.processes or () if not is_mps_server(process)]
    if not holding:
        return None
    largest = max(holding, key=lambda process: process.memory_used_bytes or 0)
    others = f" and {len(holding) - 1} more" if len(holding) > 1 else ""
    return f"held by {process_words(largest, now)}{others}"


def is_mps_server(process: GpuProcess) -> bool:
    """By its name, of which the kernel keeps 15 letters."""
    return (process.name or "").startswith(MPS_SERVER[:15])


def unknown_words(sample: GpuSample, *, has_declared_need: bool = False) -> str | None:
    """What the driver does not tell of a GPU, but a run would need to know that takes it whole, or one that has
    declared its need; None if nothing is missing.
    """
    is_memory_known = sample.memory_used_bytes is not None and sample.memory_total_bytes is not None
    if not is_memory_known and not sample.shares_host_memory:
        return "its driver does not tell how much memory is used"
    if has_declared_need:
        return None if is_memory_known else "it uses the machine's memory, and how much of that is used is not told"
    if sample.processes is None:
        return "its driver does not tell who uses it"
    if sample.utilisation_percent is None and sample.instance is None:  # no driver tells it of a part of a GPU
        return "its driver does not tell how busy it is"
    return None


def _what_is_used(sample: GpuSample) -> str | None:
    """What cannot be known counts as used."""
    if sample.shares_host_memory:  # the host always uses some: processes and load decide
        return _load_words(sample)
    if sample.memory_used_bytes is None or sample.memory_total_bytes is None:
        return unknown_words(sample)
    return memory_words(sample) or _load_words(sample)


def _load_words(sample: GpuSample) -> str | None:
    if sample.utilisation_percent is not None and sample.utilisation_percent > IDLE_UTILISATION_PERCENT:
        return f"it is {sample.utilisation_percent}% busy"
    unknown = unknown_words(sample)
    return None if unknown is None else f"{unknown}: only runs that declare `vram` start on it"


def memory_words(sample: GpuSample) -> str | None:
    """Who uses its memory, beside processes that compute, and what helps; None if hardly any is used or if its
    driver does not tell how much.
    """
    used, total = sample.memory_used_bytes, sample.memory_total_bytes
    if used is None or total is None or used <= idle_memory_bytes(sample):
        return None
    words = f"{used / GIB:.1f} of {gib_words(total, 0)} are {_users(sample, used)}"
    return words if sample.is_exclusive else f"{words}: `vram` in the plan lets a run share it"


def _users(sample: GpuSample, used_bytes: int) -> str:
    """`used by graphics processes (Xorg)`, or as far as it can be seen."""
    graphics = sample.graphics or ()
    if graphics:
        needs = [process.memory_used_bytes for process in graphics]
        told = sum(filter(None, needs))
        names = f"by graphics processes ({_names(graphics)})"
        if None in needs or used_bytes - told <= idle_memory_bytes(sample):
            return f"used {names}"
        return f"in use, {told / GIB:.1f} of them {names}, the rest by a process that cannot be seen from here"
    if any(map(is_mps_server, sample.processes or ())):
        return f"in use through the MPS server ({MPS_SERVER})"
    return "in use by a process that cannot be seen from here"


def _names(processes: Sequence[GpuProcess]) -> str:
    """`Xorg, gnome-shell and 2 more`, each program once."""
    names = list(dict.fromkeys(process.name or f"pid {process.pid}" for process in processes))
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def why_not_free(looks: Sequence[Look], now: float, settle_seconds: float = SETTLE_SECONDS) -> str | None:
    """Why a GPU is not free after these looks at it, oldest first, in words; None if it is.

    Args:
        looks: at least one.
        now: unix seconds.
        settle_seconds: how long it must have looked idle; 0: the newest look is enough.
    """
    reason = why_busy(looks[-1].sample, now)
    if reason is not None:
        return reason
    idle_looks = 0
    for look in reversed(looks):
        if why_busy(look.sample, now) is not None:
            break
        idle_looks += 1
    idle_seconds = looks[-1].at - looks[-idle_looks].at
    if settle_seconds > 0 and (idle_looks < SETTLE_SAMPLES or idle_seconds < settle_seconds):
        return f"idle {idle_seconds:.0f} of {settle_seconds:.0f} s, then free"
    return None


def idle_memory_bytes(sample: GpuSample) -> float:
    """Up to this much memory may be in use on an idle GPU."""
    idle = max(IDLE_MEMORY_BYTES, IDLE_MEMORY_SHARE * (sample.memory_total_bytes or 0))
    return idle + RESERVE_BYTES if sample.memory_counts_reserve else idle


def process_words(process: GpuProcess, now: float) -> str:
    """`ann, pid 4711 python (21.3 GiB, 3.0 h)`, as far as it is known."""
    who = f"{process.user}, " if process.user else ""
    name = f" {process.name}" if process.name else ""
    details = []
    if process.memory_used_bytes is not None:
        details.append(f"{gib_words(process.memory_used_bytes)}")
    if process.started is not None:
        details.append(duration_words(now - process.started))
    return f"{who}pid {process.pid}{name}" + (f" ({', '.join(details)})" if details else "")
