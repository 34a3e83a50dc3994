"""GPUs as NVIDIA's management library describes them. Asks, never decides. Only `sampler` should use it: a call may
hang, or take its process down.

Each field may fail alone (not supported, no permission, GPU lost): it is None then, and the rest is valid.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pynvml

from iqa_tui.devices.gpus.ask import ask, text
from iqa_tui.devices.gpus.device_files import CONTROL_FILE, DEVICE_FOLDER, forbidden_words, why_closed
from iqa_tui.devices.gpus.nvml_sample import LOST, NOT_YET, Board, Found, sample_of
from iqa_tui.devices.gpus.sample import GpuSample, XidSeen
from iqa_tui.devices.gpus.visible import ShownGpu
from iqa_tui.devices.gpus.xid_events import XidEvents, is_same
from iqa_tui.processes.periods import NEW_GPUS_SECONDS

INSTANCES_SECONDS = 30.0
"""How often MIG instances and permissions are looked up again: they change while the driver is up."""


class NvmlUnavailable(Exception):
    """No GPU can be asked; the text says why."""

    def __init__(self, words: str, *, is_normal: bool) -> None:
        super().__init__(words)
        self.is_normal = is_normal
        """True: a machine without GPUs. False: there should be some, but the driver does not answer."""


class Nvml:
    """The library, initialised once. For one thread; a lost GPU may block a call or crash the process."""

    def __init__(self, device_folder: Path = DEVICE_FOLDER) -> None:
        """Raises NvmlUnavailable if there is no driver, no GPU, or no answer."""
        self._device_folder = device_folder
        self._events: XidEvents | None = None
        self._watched: list[Any] = []
        """Handles of the boards that are registered for events."""
        _open_library(device_folder)
        self._find()

    def samples(self) -> list[GpuSample]:
        """Every GPU as it is now, in PCI order; those that this user may not open come last.

        Raises:
            NvmlUnavailable: the driver has stopped answering, or its last GPU is gone.
        """
        if time.monotonic() > self._find_again or self._count() != self._boards:
            self._find()
        return [sample_of(found, by_uuid=self._by_uuid) for found in self._found]

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
        again = NEW_GPUS_SECONDS if is_any_hidden else INSTANCES_SECONDS
        changes = has_instances or is_any_closed or is_any_hidden
        self._find_again = time.monotonic() + again if changes else float("inf")
        self._watch([board.handle for board in boards if board.handle is not None])

    def _watch(self, handles: list[Any]) -> None:
        """Register for events, anew only if the GPUs have changed: events that are under way would be lost."""
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


def shown_gpus(device_folder: Path = DEVICE_FOLDER) -> list[ShownGpu]:
    """The GPUs and MIG instances that this process may open, in PCI order.

    Raises:
        NvmlUnavailable: there is no driver, no GPU, no answer, or the order is not told.
    """
    _open_library(device_folder)
    try:
        count = int(pynvml.nvmlDeviceGetCount())
    except pynvml.NVMLError as error:
        raise _refused(error) from error
    boards, order_is_known = _as_cuda_counts([_board(number, device_folder) for number in range(count)])
    found = [found for index, board in enumerate(boards) if not board.is_closed for found in _parts(index, board)]
    if not found:
        raise NvmlUnavailable("The NVIDIA driver shows no GPU that this process may open", is_normal=False)
    if not order_is_known:
        raise NvmlUnavailable("The NVIDIA driver does not tell the order of its GPUs", is_normal=False)
    return [ShownGpu(each.index, each.uuid, each.name, each.instance, _older_name(each)) for each in found if each.uuid]


def _older_name(found: Found) -> str:
    """Of a MIG instance, as drivers before 470 call it; empty for a GPU, and if the driver does not tell."""
    board = _uuid(found.board.handle) if found.instance is not None else None
    group, part = (
        ask(question, found.handle)
        for question in (pynvml.nvmlDeviceGetGpuInstanceId, pynvml.nvmlDeviceGetComputeInstanceId)
    )
    return "" if board is None or group is None or part is None else f"MIG-{board}/{group}/{part}"


def _open_library(device_folder: Path) -> None:
    try:
        pynvml.nvmlInit()
    except (pynvml.NVMLError_LibraryNotFound, pynvml.NVMLError_DriverNotLoaded) as error:
        raise _no_driver(error, device_folder) from None
    except pynvml.NVMLError as error:
        raise _refused(error) from error


def _no_driver(error: pynvml.NVMLError, device_folder: Path) -> NvmlUnavailable:
    if isinstance(error, pynvml.NVMLError_LibraryNotFound) and (device_folder / CONTROL_FILE).exists():
        words = "The NVIDIA driver is there, but its library (libnvidia-ml.so.1) cannot be loaded"
        return NvmlUnavailable(words, is_normal=False)
    return NvmlUnavailable("No NVIDIA driver found", is_normal=True)


def _refused(error: pynvml.NVMLError) -> NvmlUnavailable:
    if error.value == pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH:
        words = "its library and its kernel module are of different versions: reboot"
    else:
        words = str(error).rstrip(".")
    return NvmlUnavailable(f"The NVIDIA driver does not answer ({words})", is_normal=False)


def _board(number: int, device_folder: Path) -> Board:
    try:
        handle = pynvml.nvmlDeviceGetHandleByIndex(number)
    except pynvml.NVMLError_NoPermission as error:
        return Board(number, None, None, forbidden_words(f"the driver refuses it ({error})"), is_closed=True)
    except pynvml.NVMLError as error:
        return Board(number, None, None, _why_hidden(error))
    place = ask(pynvml.nvmlDeviceGetPciInfo, handle)
    closed = why_closed(ask(pynvml.nvmlDeviceGetMinorNumber, handle), device_folder)
    return Board(number, handle, None if place is None else text(place.busId), closed, is_closed=bool(closed))


def _why_hidden(error: pynvml.NVMLError) -> str:
    """Why the driver gives no handle of a GPU that it counts."""
    if isinstance(error, LOST):
        return "the driver cannot find it: reset it or reboot"
    if isinstance(error, pynvml.NVMLError_InsufficientPower):
        return "its power cable is not connected, the driver says"
    if isinstance(error, NOT_YET):
        return f"the driver is waking it up ({error}): `sudo nvidia-smi -pm 1` (persistence mode) keeps it awake"
    return f"the driver does not show it ({error}) and is asked again; `sudo dmesg | grep NVRM` says why"


def _as_cuda_counts(boards: Sequence[Board]) -> tuple[list[Board], bool]:
    """Order them by PCI bus id, as NVML's own order need not be CUDA's; last come those that this user may not open.

    Returns:
        The boards, and whether their order is known.
    """
    counted = [board for board in boards if not board.is_closed]
    closed = [board for board in boards if board.is_closed]
    if any(board.bus_id is None for board in counted):
        return [*counted, *closed], False
    return [*sorted(counted, key=lambda board: board.bus_id or ""), *closed], True


def _parts(index: int, board: Board) -> list[Found]:
    """The GPU, or its MIG instances if it is divided: then no run can have the whole."""
    handle = board.handle
    if handle is None:
        return [Found(board, None, index, None, "GPU", problem=board.problem)]
    name = text(ask(pynvml.nvmlDeviceGetName, handle) or "GPU")
    uuid = _uuid(handle)
    mode = ask(pynvml.nvmlDeviceGetMigMode, handle)
    if board.is_closed or mode is None or mode[0] != pynvml.NVML_DEVICE_MIG_ENABLE:
        return [Found(board, handle, index, uuid, name)]
    instances = []
    for number in range(ask(pynvml.nvmlDeviceGetMaxMigDeviceCount, handle) or 0):
        part = ask(pynvml.nvmlDeviceGetMigDeviceHandleByIndex, handle, number)
        if part is not None:
            part_name = text(ask(pynvml.nvmlDeviceGetName, part) or f"{name} MIG")
            instances.append(Found(board, part, index, _uuid(part), part_name, number))
    if instances:
        return instances
    problem = "MIG is on but it has no instance: make one with `nvidia-smi mig -cgi`, or turn MIG off"
    return [Found(board, handle, index, uuid, name, problem=problem)]


def _uuid(handle: Any) -> str | None:
    uuid = ask(pynvml.nvmlDeviceGetUUID, handle)
    return text(uuid) if uuid else None
