"""GPUs as NVIDIA's management library tells of them. Asks, never decides.

Every field may fail alone (not supported, no permission, GPU lost): it is None then, and the rest stands.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, TypeVar

import psutil
import pynvml

from iqa_tui.gpus.sample import GpuProcess, GpuSample

T = TypeVar("T")


class NvmlUnavailable(Exception):
    """No GPU can be asked; the text says why."""

    def __init__(self, words: str, *, is_normal: bool) -> None:
        super().__init__(words)
        self.is_normal = is_normal
        """True: a machine without GPUs. False: there should be some, but the driver does not answer."""


class Nvml:
    """The library, initialised once. For one thread; a lost GPU may block a call."""

    def __init__(self) -> None:
        """Raises NvmlUnavailable where there is no driver, no GPU, or no answer."""
        try:
            pynvml.nvmlInit()
        except (pynvml.NVMLError_LibraryNotFound, pynvml.NVMLError_DriverNotLoaded):
            raise NvmlUnavailable("No NVIDIA driver found", is_normal=True) from None
        except pynvml.NVMLError as error:
            raise NvmlUnavailable(f"The NVIDIA driver does not answer ({error})", is_normal=False) from error
        self._handles = _in_pci_order()
        if not self._handles:
            raise NvmlUnavailable("The NVIDIA driver sees no GPU", is_normal=True)

    def samples(self) -> list[GpuSample]:
        """Every GPU as it is now, in PCI order; [] where the driver has stopped answering."""
        return [_sample(index, handle) for index, handle in enumerate(self._handles)]

    def driver_version(self) -> str | None:
        version = _ask(pynvml.nvmlSystemGetDriverVersion)
        return _text(version) if version is not None else None


def _in_pci_order() -> list[Any]:
    """Handles by PCI bus id: NVML's own order need not be CUDA's."""
    count = _ask(pynvml.nvmlDeviceGetCount) or 0
    handles = [_ask(pynvml.nvmlDeviceGetHandleByIndex, index) for index in range(count)]
    known = [handle for handle in handles if handle is not None]
    places = [_ask(pynvml.nvmlDeviceGetPciInfo, handle) for handle in known]
    bus_ids = [_text(place.busId) for place in places if place is not None]
    if len(bus_ids) < len(known):
        return known
    return [known[number] for number in sorted(range(len(known)), key=bus_ids.__getitem__)]


def _sample(index: int, handle: Any) -> GpuSample:
    memory, counts_reserve = _memory(handle)
    utilisation = _ask(pynvml.nvmlDeviceGetUtilizationRates, handle)
    power_milliwatts = _ask(pynvml.nvmlDeviceGetPowerUsage, handle)
    return GpuSample(
        index=index,
        uuid=_text(_ask(pynvml.nvmlDeviceGetUUID, handle) or f"GPU-{index}"),
        name=_text(_ask(pynvml.nvmlDeviceGetName, handle) or "GPU"),
        memory_used_bytes=int(memory.used) if memory is not None else None,
        memory_total_bytes=int(memory.total) if memory is not None else None,
        utilisation_percent=int(utilisation.gpu) if utilisation is not None else None,
        temperature_celsius=_ask(pynvml.nvmlDeviceGetTemperature, handle, pynvml.NVML_TEMPERATURE_GPU),
        power_watts=power_milliwatts / 1000 if power_milliwatts is not None else None,
        processes=_processes(handle),
        memory_counts_reserve=counts_reserve,
    )


def _memory(handle: Any) -> tuple[Any, bool]:
    """Memory by version 2, which leaves the driver's own reserve out; version 1 where the driver is old."""
    memory = _ask(pynvml.nvmlDeviceGetMemoryInfo, handle, version=pynvml.nvmlMemory_v2)
    if memory is not None:
        return memory, False
    return _ask(pynvml.nvmlDeviceGetMemoryInfo, handle), True


def _processes(handle: Any) -> tuple[GpuProcess, ...] | None:
    processes = _ask(pynvml.nvmlDeviceGetComputeRunningProcesses, handle)
    if processes is None:
        return None
    return tuple(_process(int(process.pid), process.usedGpuMemory) for process in processes)


def _process(pid: int, memory_used_bytes: int | None) -> GpuProcess:
    """What the system tells of it, as far as it does: it may be gone, or (in a container) never have been here."""
    user = name = started = None
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        with process.oneshot():
            name = process.name()
            started = process.create_time()
            user = process.username()
    return GpuProcess(pid, user, name, memory_used_bytes, started)


def _ask(question: Callable[..., T], *arguments: Any, **named: Any) -> T | None:
    """The answer, or None where the driver has none."""
    try:
        return question(*arguments, **named)
    except pynvml.NVMLError:
        return None


def _text(text: str | bytes) -> str:
    """Old versions of the library answer in bytes."""
    return text.decode(errors="replace") if isinstance(text, bytes) else text
