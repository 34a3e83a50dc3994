"""GPUs as NVIDIA's management library tells of them. Asks, never decides. Only `sampler` should use it: a call may
hang, or take its process down.

Every field may fail alone (not supported, no permission, GPU lost): it is None then, and the rest stands.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pynvml

from iqa_tui.devices.gpus.ask import NO_ANSWER, ask, text
from iqa_tui.devices.gpus.device_files import CONTROL_FILE, DEVICE_FOLDER, forbidden_words, why_closed
from iqa_tui.devices.gpus.gpu_processes import compute_processes, graphics_processes
from iqa_tui.devices.gpus.sample import GpuSample, XidSeen
from iqa_tui.devices.gpus.xid_events import XidEvents, is_same

INSTANCES_SECONDS = 30.0
"""How often MIG instances and permissions are looked up again: they change while the driver is up."""
AGAIN_SECONDS = 2.0
"""How often the driver is asked again for a GPU that it does not show yet."""
LOST = (pynvml.NVMLError_GpuIsLost, pynvml.NVMLError_ResetRequired, pynvml.NVMLError_IrqIssue)
NOT_YET = (pynvml.NVMLError_NotReady, pynvml.NVMLError_Timeout, pynvml.NVMLError_Uninitialized, pynvml.NVMLError_InUse)
"""Of a driver that wakes a GPU up."""
EXCLUSIVE_MODES = (pynvml.NVML_COMPUTEMODE_EXCLUSIVE_PROCESS, pynvml.NVML_COMPUTEMODE_EXCLUSIVE_THREAD)


class NvmlUnavailable(Exception):
    """No GPU can be asked; the text says why."""

    def __init__(self, words: str, *, is_normal: bool) -> None:
        super().__init__(words)
        self.is_normal = is_normal
        """True: a machine without GPUs. False: there should be some, but the driver does not answer."""


@dataclass(frozen=True, slots=True)
class _Board:
    """A whole GPU as the driver lists it."""

    number: int
    """By which the driver and nvidia-smi count."""
    handle: Any
    """None if the driver refused even that."""
    bus_id: str | None
    problem: str = ""
    is_closed: bool = False
    """This user may not open it, so CUDA does not count it."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A GPU or MIG instance and what names it, asked once: a lost GPU may forget its name, and never changes it."""

    board: _Board
    """Temperature, power and modes are the board's."""
    handle: Any
    """Of the board or of the instance; None if the driver refused even that."""
    index: int
    uuid: str | None
    name: str
    instance: int | None = None
    problem: str = ""


class _Memory(NamedTuple):
    used_bytes: int | None = None
    total_bytes: int | None = None
    counts_reserve: bool = False
    is_the_hosts: bool = False


class Nvml:
    """The library, initialised once. For one thread; a lost GPU may block a call or crash the process."""

    def __init__(self, device_folder: Path = DEVICE_FOLDER) -> None:
        """Raises NvmlUnavailable if there is no driver, no GPU, or no answer."""
        self._device_folder = device_folder
        self._events: XidEvents | None = None
        self._watched: list[Any] = []
        """Handles of the boards that are registered for events."""
        try:
            pynvml.nvmlInit()
        except (pynvml.NVMLError_LibraryNotFound, pynvml.NVMLError_DriverNotLoaded) as error:
            raise _no_driver(error, device_folder) from None
        except pynvml.NVMLError as error:
            raise _refused(error) from error
        self._find()

    def samples(self) -> list[GpuSample]:
        """Every GPU as it is now, in PCI order; those that this user may not open come last.

        Raises:
            NvmlUnavailable: the driver has stopped answering, or its last GPU is gone.
        """
        if time.monotonic() > self._find_again or self._count() != self._boards:
            self._find()
        return [_sample(found, by_uuid=self._by_uuid) for found in self._found]

    def xids(self) -> list[XidSeen]:
        """What the driver has reported since the last time this was asked."""
        return [XidSeen(self._keys_of(handle), xid) for handle, xid in self._events.take()] if self._events else []

    def driver_version(self) -> str | None:
        version = ask(pynvml.nvmlSystemGetDriverVersion)
        return text(version) if version is not None else None

    def cuda_version(self) -> tuple[int, int] | None:
        """(major, minor) of the newest CUDA that the driver can run; None if it does not tell."""
        version = ask(pynvml.nvmlSystemGetCudaDriverVersion_v2)
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
        boards, order_is_known = _as_cuda_counts(
            [_board(number, self._device_folder) for number in range(self._boards)]
        )
        self._found = [found for index, board in enumerate(boards) for found in _parts(index, board)]
        has_instances = any(found.instance is not None or found.problem for found in self._found if found.handle)
        is_any_closed = any(board.is_closed for board in boards)
        self._by_uuid = has_instances or is_any_closed or not order_is_known
        is_any_hidden = any(board.handle is None and not board.is_closed for board in boards)
        again = AGAIN_SECONDS if is_any_hidden else INSTANCES_SECONDS
        changes = has_instances or is_any_closed or is_any_hidden
        self._find_again = time.monotonic() + again if changes else float("inf")
        self._watch([board.handle for board in boards if board.handle is not None])

    def _watch(self, handles: list[Any]) -> None:
        """Register for events, anew only if other GPUs are there: what is on its way would be lost."""
        if len(handles) == len(self._watched) and all(map(is_same, handles, self._watched)):
            return
        if self._events is not None:
            self._events.close()
        self._events, self._watched = XidEvents(handles), handles

    def _keys_of(self, handle: Any) -> tuple[str, ...]:
        """UUIDs of the devices that are this board, or parts of it."""
        return tuple(
            found.uuid
            for found in self._found
            if found.uuid and found.board.handle is not None and is_same(found.board.handle, handle)
        )


def _no_driver(error: pynvml.NVMLError, device_folder: Path) -> NvmlUnavailable:
    if isinstance(error, pynvml.NVMLError_LibraryNotFound) and (device_folder / CONTROL_FILE).exists():
        words = "The NVIDIA driver is there, and its library (libnvidia-ml.so.1) cannot be loaded"
        return NvmlUnavailable(words, is_normal=False)
    return NvmlUnavailable("No NVIDIA driver found", is_normal=True)


def _refused(error: pynvml.NVMLError) -> NvmlUnavailable:
    if error.value == pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH:
        words = "its library and its kernel module are of different versions: reboot"
    else:
        words = str(error).rstrip(".")
    return NvmlUnavailable(f"The NVIDIA driver does not answer ({words})", is_normal=False)


def _board(number: int, device_folder: Path) -> _Board:
    try:
        handle = pynvml.nvmlDeviceGetHandleByIndex(number)
    except pynvml.NVMLError_NoPermission as error:
        return _Board(number, None, None, forbidden_words(f"the driver refuses it ({error})"), is_closed=True)
    except pynvml.NVMLError as error:
        return _Board(number, None, None, _why_hidden(error))
    place = ask(pynvml.nvmlDeviceGetPciInfo, handle)
    closed = why_closed(ask(pynvml.nvmlDeviceGetMinorNumber, handle), device_folder)
    return _Board(number, handle, None if place is None else text(place.busId), closed, is_closed=bool(closed))


def _why_hidden(error: pynvml.NVMLError) -> str:
    """Why the driver gives no handle of a GPU that it counts."""
    if isinstance(error, LOST):
        return "the driver cannot find it: reset it or reboot"
    if isinstance(error, pynvml.NVMLError_InsufficientPower):
        return "its power cable is not connected, the driver says"
    if isinstance(error, NOT_YET):
        return f"the driver is waking it up ({error}): `sudo nvidia-smi -pm 1` (persistence mode) keeps it awake"
    return f"the driver does not show it ({error}) and is asked again; `sudo dmesg | grep NVRM` says why"


def _as_cuda_counts(boards: Sequence[_Board]) -> tuple[list[_Board], bool]:
    """By PCI bus id, as NVML's own order need not be CUDA's; last those that CUDA does not count for this user.

    Returns:
        The boards, and whether their order is known.
    """
    counted = [board for board in boards if not board.is_closed]
    closed = [board for board in boards if board.is_closed]
    if any(board.bus_id is None for board in counted):
        return [*counted, *closed], False
    return [*sorted(counted, key=lambda board: board.bus_id or ""), *closed], True


def _parts(index: int, board: _Board) -> list[_Found]:
    """The GPU, or its MIG instances if it is divided: the whole of it can then not be had."""
    handle = board.handle
    if handle is None:
        return [_Found(board, None, index, None, "GPU", problem=board.problem)]
    name = text(ask(pynvml.nvmlDeviceGetName, handle) or "GPU")
    uuid = _uuid(handle)
    mode = ask(pynvml.nvmlDeviceGetMigMode, handle)
    if board.is_closed or mode is None or mode[0] != pynvml.NVML_DEVICE_MIG_ENABLE:
        return [_Found(board, handle, index, uuid, name)]
    instances = []
    for number in range(ask(pynvml.nvmlDeviceGetMaxMigDeviceCount, handle) or 0):
        part = ask(pynvml.nvmlDeviceGetMigDeviceHandleByIndex, handle, number)
        if part is not None:
            part_name = text(ask(pynvml.nvmlDeviceGetName, part) or f"{name} MIG")
            instances.append(_Found(board, part, index, _uuid(part), part_name, number))
    if instances:
        return instances
    problem = "MIG is on and it has no instance: make one with `nvidia-smi mig -cgi`, or turn MIG off"
    return [_Found(board, handle, index, uuid, name, problem=problem)]


def _uuid(handle: Any) -> str | None:
    uuid = ask(pynvml.nvmlDeviceGetUUID, handle)
    return text(uuid) if uuid else None


def _sample(found: _Found, *, by_uuid: bool) -> GpuSample:
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


def _problem(found: _Found, mode: int | None) -> str:
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


def _memory(handle: Any, *, is_part: bool) -> _Memory:
    """By version 2 of the question, which leaves the driver's own reserve out; by version 1 if the driver is old."""
    memory = ask(pynvml.nvmlDeviceGetMemoryInfo, handle, version=pynvml.nvmlMemory_v2)
    if memory is not None:
        return _Memory(int(memory.used), int(memory.total))
    try:
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
    except pynvml.NVMLError_NotSupported:  # every GPU with memory of its own supports it
        return _Memory() if is_part else _hosts_memory()
    except NO_ANSWER:
        return _Memory()
    return _Memory(int(memory.used), int(memory.total), counts_reserve=True)


def _hosts_memory() -> _Memory:
    try:
        memory = psutil.virtual_memory()
    except (OSError, psutil.Error, RuntimeError):
        return _Memory(is_the_hosts=True)
    return _Memory(int(memory.total - memory.available), int(memory.total), is_the_hosts=True)
