"""One GPU or MIG instance, sampled. What the driver does not tell is None."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import psutil
import pynvml

from iqa_tui.devices.gpus.ask import NO_ANSWER, ask
from iqa_tui.devices.gpus.gpu_processes import compute_processes, graphics_processes
from iqa_tui.devices.gpus.sample import GpuSample

LOST = (pynvml.NVMLError_GpuIsLost, pynvml.NVMLError_ResetRequired, pynvml.NVMLError_IrqIssue)
NOT_YET = (pynvml.NVMLError_NotReady, pynvml.NVMLError_Timeout, pynvml.NVMLError_Uninitialized, pynvml.NVMLError_InUse)
"""What a driver answers while it wakes a GPU up."""
EXCLUSIVE_MODES = (pynvml.NVML_COMPUTEMODE_EXCLUSIVE_PROCESS, pynvml.NVML_COMPUTEMODE_EXCLUSIVE_THREAD)


@dataclass(frozen=True, slots=True)
class Board:
    """A whole GPU as the driver lists it."""

    number: int
    """As the driver and nvidia-smi count."""
    handle: Any
    """None if the driver refused even that."""
    bus_id: str | None
    problem: str = ""
    is_closed: bool = False
    """This user may not open it, so CUDA does not count it."""


@dataclass(frozen=True, slots=True)
class Found:
    """A GPU or MIG instance and what names it, asked once: a name never changes, but a lost GPU may forget it."""

    board: Board
    """Temperature, power and modes are the board's."""
    handle: Any
    """Of the board or of the instance; None if the driver refused even that."""
    index: int
    uuid: str | None
    name: str
    instance: int | None = None
    problem: str = ""


class Memory(NamedTuple):
    used_bytes: int | None = None
    total_bytes: int | None = None
    counts_reserve: bool = False
    is_the_hosts: bool = False


def sample_of(found: Found, *, by_uuid: bool) -> GpuSample:
    handle, board = found.handle, found.board.handle
    place = f"{found.index}" if found.instance is None else f"{found.index}:{found.instance}"
    if handle is None:
        return GpuSample(found.index, f"GPU-{place}", found.name, by_uuid=by_uuid, problem=found.problem)
    memory = _memory(handle, is_part=found.instance is not None)
    utilisation = ask(pynvml.nvmlDeviceGetUtilizationRates, handle)
    power_milliwatts = ask(pynvml.nvmlDeviceGetPowerUsage, board)
    persistence = ask(pynvml.nvmlDeviceGetPersistenceMode, board)
    mode = ask(pynvml.nvmlDeviceGetComputeMode, board)
    return GpuSample(
        index=found.index,
        uuid=found.uuid or f"GPU-{place}",
        name=found.name,
        memory_used_bytes=memory.used_bytes,
        memory_total_bytes=memory.total_bytes,
        utilisation_percent=int(utilisation.gpu) if utilisation is not None else None,
        temperature_celsius=ask(pynvml.nvmlDeviceGetTemperature, board, pynvml.NVML_TEMPERATURE_GPU),
        power_watts=power_milliwatts / 1000 if power_milliwatts is not None else None,
        processes=compute_processes(handle),
        memory_counts_reserve=memory.counts_reserve,
        instance=found.instance,
        by_uuid=by_uuid,
        problem=_problem(found, mode),
        graphics=graphics_processes(handle),
        is_exclusive=mode in EXCLUSIVE_MODES,
        has_persistence=None if persistence is None else bool(persistence),
        shares_host_memory=memory.is_the_hosts,
    )


def _problem(found: Found, mode: int | None) -> str:
    """Why no run can have it; empty if one can."""
    if fixed := found.board.problem or found.problem:
        return fixed
    if failure := _failure(found.handle):
        return failure
    if mode == pynvml.NVML_COMPUTEMODE_PROHIBITED:
        return f"its compute mode is prohibited: `sudo nvidia-smi -i {found.board.number} -c 0` lets runs have it"
    return "" if found.uuid else "its driver does not tell its UUID, by which runs would keep off each other"


def _failure(handle: Any) -> str:
    """What is wrong with the GPU itself; empty if nothing is, or if that cannot be told."""
    try:
        pynvml.nvmlDeviceGetMemoryInfo(handle)
    except pynvml.NVMLError_GpuIsLost:
        return "the driver has lost it: reset it or reboot"
    except pynvml.NVMLError_ResetRequired:
        return "it must be reset: nvidia-smi --gpu-reset, or reboot"
    except NO_ANSWER:
        pass
    return ""


def _memory(handle: Any, *, is_part: bool) -> Memory:
    """By version 2 of the question, which leaves the driver's own reserve out; by version 1 if the driver is old."""
    memory = ask(pynvml.nvmlDeviceGetMemoryInfo, handle, version=pynvml.nvmlMemory_v2)
    if memory is not None:
        return Memory(int(memory.used), int(memory.total))
    try:
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
    except pynvml.NVMLError_NotSupported:  # every GPU with memory of its own supports it
        return Memory() if is_part else _hosts_memory()
    except NO_ANSWER:
        return Memory()
    return Memory(int(memory.used), int(memory.total), counts_reserve=True)


def _hosts_memory() -> Memory:
    try:
        memory = psutil.virtual_memory()
    except (OSError, psutil.Error, RuntimeError):
        return Memory(is_the_hosts=True)
    return Memory(int(memory.total - memory.available), int(memory.total), is_the_hosts=True)
