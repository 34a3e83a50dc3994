"""GPUs as NVIDIA's management library tells of them. Asks, never decides. Only `sampler` should use it: a call may
hang, or take its process down.

Every field may fail alone (not supported, no permission, GPU lost): it is None then, and the rest stands.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pynvml

from iqa_tui.gpus.namespace import counts_as_the_host
from iqa_tui.gpus.sample import GpuProcess, GpuSample

T = TypeVar("T")

INSTANCES_SECONDS = 30.0
"""How often MIG instances are looked up again: they come and go while the driver is up."""
DRIVER_FILES = "/dev/nvidia"
"""How the paths begin that every process with a GPU has open."""


class NvmlUnavailable(Exception):
    """No GPU can be asked; the text says why."""

    def __init__(self, words: str, *, is_normal: bool) -> None:
        super().__init__(words)
        self.is_normal = is_normal
        """True: a machine without GPUs. False: there should be some, but the driver does not answer."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A GPU or MIG instance and what names it, asked once: a lost GPU may forget its name, and never changes it."""

    handle: Any
    """None where the driver refused even that."""
    index: int
    uuid: str | None
    name: str
    instance: int | None = None
    board: Any = None
    """Handle of the GPU that a MIG instance is part of: temperature and power are the board's."""
    problem: str = ""


class Nvml:
    """The library, initialised once. For one thread; a lost GPU may block a call or crash the process."""

    def __init__(self) -> None:
        """Raises NvmlUnavailable where there is no driver, no GPU, or no answer."""
        try:
            pynvml.nvmlInit()
        except (pynvml.NVMLError_LibraryNotFound, pynvml.NVMLError_DriverNotLoaded):
            raise NvmlUnavailable("No NVIDIA driver found", is_normal=True) from None
        except pynvml.NVMLError as error:
            raise _refused(error) from error
        self._find()

    def samples(self) -> list[GpuSample]:
        """Every GPU as it is now, in PCI order.

        Raises:
            NvmlUnavailable: the driver has stopped answering, or its last GPU is gone.
        """
        is_old = self._has_instances and time.monotonic() > self._found_at + INSTANCES_SECONDS
        if is_old or self._count() != self._boards:
            self._find()
        return [_sample(found, by_uuid=self._by_uuid) for found in self._found]

    def driver_version(self) -> str | None:
        version = _ask(pynvml.nvmlSystemGetDriverVersion)
        return _text(version) if version is not None else None

    def cuda_version(self) -> tuple[int, int] | None:
        """(major, minor) of the newest CUDA that the driver can run; None where it does not tell."""
        version = _ask(pynvml.nvmlSystemGetCudaDriverVersion_v2)
        return None if version is None else (version // 1000, version % 1000 // 10)

    def _count(self) -> int:
        try:
            return int(pynvml.nvmlDeviceGetCount())
        except pynvml.NVMLError as error:
            raise _refused(error) from error

    def _find(self) -> None:
        self._boards = self._count()
        if not self._boards:
            raise NvmlUnavailable("The NVIDIA driver sees no GPU", is_normal=True)
        handles, order_is_known = _in_pci_order(self._boards)
        self._found = [found for index, handle in enumerate(handles) for found in _parts(index, handle)]
        self._found_at = time.monotonic()
        self._has_instances = any(found.board is not None for found in self._found)
        self._by_uuid = self._has_instances or not order_is_known


def _refused(error: pynvml.NVMLError) -> NvmlUnavailable:
    if error.value == pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH:
        words = "its library and its kernel module are of different versions: reboot"
    else:
        words = str(error).rstrip(".")
    return NvmlUnavailable(f"The NVIDIA driver does not answer ({words})", is_normal=False)


def _in_pci_order(count: int) -> tuple[list[Any], bool]:
    """Handles by PCI bus id, as NVML's own order need not be CUDA's; None for a GPU that cannot even be named.

    Returns:
        The handles, and whether their order is known.
    """
    handles = [_ask(pynvml.nvmlDeviceGetHandleByIndex, index) for index in range(count)]
    places = [_ask(pynvml.nvmlDeviceGetPciInfo, handle) if handle is not None else None for handle in handles]
    bus_ids = [_text(place.busId) for place in places if place is not None]
    if len(bus_ids) < count:
        return handles, False
    return [handles[number] for number in sorted(range(count), key=bus_ids.__getitem__)], True


def _parts(index: int, handle: Any) -> list[_Found]:
    """The GPU, or its MIG instances where it is divided: the whole of it can then not be had."""
    if handle is None:
        return [_Found(None, index, None, "GPU", problem="the driver cannot find it: reset it or reboot")]
    name = _text(_ask(pynvml.nvmlDeviceGetName, handle) or "GPU")
    uuid = _ask(pynvml.nvmlDeviceGetUUID, handle)
    mode = _ask(pynvml.nvmlDeviceGetMigMode, handle)
    if mode is None or mode[0] != pynvml.NVML_DEVICE_MIG_ENABLE:
        return [_Found(handle, index, _text(uuid) if uuid else None, name)]
    instances = []
    for number in range(_ask(pynvml.nvmlDeviceGetMaxMigDeviceCount, handle) or 0):
        part = _ask(pynvml.nvmlDeviceGetMigDeviceHandleByIndex, handle, number)
        if part is not None:
            part_uuid = _ask(pynvml.nvmlDeviceGetUUID, part)
            part_name = _text(_ask(pynvml.nvmlDeviceGetName, part) or f"{name} MIG")
            instances.append(_Found(part, index, _text(part_uuid) if part_uuid else None, part_name, number, handle))
    if instances:
        return instances
    problem = "MIG is on and it has no instance: make one with `nvidia-smi mig -cgi`, or turn MIG off"
    return [_Found(handle, index, _text(uuid) if uuid else None, name, board=handle, problem=problem)]


def _sample(found: _Found, *, by_uuid: bool) -> GpuSample:
    handle, board = found.handle, found.board or found.handle
    place = f"{found.index}" if found.instance is None else f"{found.index}:{found.instance}"
    unknown = "" if found.uuid else "its driver does not tell its UUID, by which runs would keep off each other"
    if handle is None:
        return GpuSample(found.index, f"GPU-{place}", found.name, by_uuid=by_uuid, problem=found.problem)
    memory, counts_reserve = _memory(handle)
    utilisation = _ask(pynvml.nvmlDeviceGetUtilizationRates, handle)
    power_milliwatts = _ask(pynvml.nvmlDeviceGetPowerUsage, board)
    return GpuSample(
        index=found.index,
        uuid=found.uuid or f"GPU-{place}",
        name=found.name,
        memory_used_bytes=int(memory.used) if memory is not None else None,
        memory_total_bytes=int(memory.total) if memory is not None else None,
        utilisation_percent=int(utilisation.gpu) if utilisation is not None else None,
        temperature_celsius=_ask(pynvml.nvmlDeviceGetTemperature, board, pynvml.NVML_TEMPERATURE_GPU),
        power_watts=power_milliwatts / 1000 if power_milliwatts is not None else None,
        processes=_processes(handle),
        memory_counts_reserve=counts_reserve,
        instance=found.instance,
        by_uuid=by_uuid,
        problem=found.problem or _failure(handle) or unknown,
    )


def _failure(handle: Any) -> str:
    """What is wrong with the GPU itself; empty where nothing is, or where that cannot be told."""
    try:
        pynvml.nvmlDeviceGetMemoryInfo(handle)
    except pynvml.NVMLError_GpuIsLost:
        return "the driver has lost it: reset it or reboot"
    except pynvml.NVMLError_ResetRequired:
        return "it must be reset: nvidia-smi --gpu-reset, or reboot"
    except pynvml.NVMLError:
        pass
    return ""


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
    if not _is_the_one_meant(pid):
        return GpuProcess(pid, memory_used_bytes=memory_used_bytes)
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        with process.oneshot():
            name = process.name()
            started = process.create_time()
            user = process.username()
    return GpuProcess(pid, user, name, memory_used_bytes, started)


def _is_the_one_meant(pid: int) -> bool:
    """In a container the driver's number is the host's, and ours of that number is another process, unless it has
    the driver open.
    """
    try:
        if counts_as_the_host():
            return True
        with os.scandir(f"/proc/{pid}/fd") as opened:
            return any(str(Path(entry.path).readlink()).startswith(DRIVER_FILES) for entry in opened)
    except OSError:
        return False


def _ask(question: Callable[..., T], *arguments: Any, **named: Any) -> T | None:
    """The answer, or None where the driver has none."""
    try:
        return question(*arguments, **named)
    except pynvml.NVMLError:
        return None


def _text(text: str | bytes) -> str:
    """Old versions of the library answer in bytes."""
    return text.decode(errors="replace") if isinstance(text, bytes) else text
