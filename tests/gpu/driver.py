"""What NVML says, by the program's own wrapper library."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def nvml() -> Iterator[Any]:
    import pynvml

    pynvml.nvmlInit()
    try:
        yield pynvml
    finally:
        pynvml.nvmlShutdown()


def first_uuid() -> str:
    with nvml() as driver:
        uuid = driver.nvmlDeviceGetUUID(driver.nvmlDeviceGetHandleByIndex(0))
    return uuid.decode() if isinstance(uuid, bytes) else str(uuid)


def used_bytes() -> int:
    """Of the first GPU, by all processes."""
    with nvml() as driver:
        return int(driver.nvmlDeviceGetMemoryInfo(driver.nvmlDeviceGetHandleByIndex(0)).used)


def used_by(pids: set[int]) -> dict[int, int]:
    """Process to bytes on the first GPU; a process that the driver does not name, as in a container, is left out."""
    with nvml() as driver:
        found = driver.nvmlDeviceGetComputeRunningProcesses(driver.nvmlDeviceGetHandleByIndex(0))
    return {one.pid: int(one.usedGpuMemory or 0) for one in found if one.pid in pids}
