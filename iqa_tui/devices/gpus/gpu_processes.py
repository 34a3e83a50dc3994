"""Which processes use a GPU, as the driver and the system tell of them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
import pynvml

from iqa_tui.devices.gpus.ask import ask
from iqa_tui.devices.gpus.namespace import counts_as_the_host
from iqa_tui.devices.gpus.sample import GpuProcess

DRIVER_FILES = "/dev/nvidia"
"""Beginning of the paths that every process with a GPU has open."""
COMPUTE = (pynvml.nvmlDeviceGetComputeRunningProcesses_v3, pynvml.nvmlDeviceGetComputeRunningProcesses_v2)
MPS_CLIENTS = (pynvml.nvmlDeviceGetMPSComputeRunningProcesses_v3, pynvml.nvmlDeviceGetMPSComputeRunningProcesses_v2)
GRAPHICS = (pynvml.nvmlDeviceGetGraphicsRunningProcesses_v3, pynvml.nvmlDeviceGetGraphicsRunningProcesses_v2)
"""The newest version that the library has is asked: drivers before 510 lack the third."""


def compute_processes(handle: Any) -> tuple[GpuProcess, ...] | None:
    """Those that compute, clients of an MPS server among them; None if the driver does not tell."""
    by_pid = compute_memory(handle)
    return None if by_pid is None else _described(by_pid)


def compute_memory(handle: Any) -> dict[int, int | None] | None:
    """The same without what the system knows of them: pid to bytes, each once."""
    processes = _asked(COMPUTE, handle)
    if processes is None:
        return None
    clients = _asked(MPS_CLIENTS, handle) or []
    return _memory_by_pid([*processes, *clients])


def graphics_processes(handle: Any) -> tuple[GpuProcess, ...] | None:
    """Those that draw; None if the driver does not tell."""
    processes = _asked(GRAPHICS, handle)
    return None if processes is None else _described(_memory_by_pid(processes))


def _asked(versions: Sequence[Callable[[Any], list[Any]]], handle: Any) -> list[Any] | None:
    answers = (ask(version, handle) for version in versions)
    return next((answer for answer in answers if answer is not None), None)


def _memory_by_pid(processes: Sequence[Any]) -> dict[int, int | None]:
    """Each process once, though the driver may name it in two lists."""
    return {int(process.pid): process.usedGpuMemory for process in processes}


def _described(by_pid: Mapping[int, int | None]) -> tuple[GpuProcess, ...]:
    return tuple(described(pid, memory) for pid, memory in by_pid.items())


def described(pid: int, memory_used_bytes: int | None) -> GpuProcess:
    """A process with what the system tells of it: nothing if it has exited or, in a container, was never here."""
    user = name = started = None
    if not is_the_one_meant(pid):
        return GpuProcess(pid, memory_used_bytes=memory_used_bytes)
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        with process.oneshot():
            name = process.name()
            started = process.create_time()
            user = process.username()
    return GpuProcess(pid, user, name, memory_used_bytes, started)


def is_the_one_meant(pid: int) -> bool:
    """In a container the driver tells the host's number. Our process of that number is another one, unless it has the
    driver open.
    """
    try:
        if counts_as_the_host():
            return True
        with os.scandir(f"/proc/{pid}/fd") as opened:
            return any(str(Path(entry.path).readlink()).startswith(DRIVER_FILES) for entry in opened)
    except OSError:
        return False
