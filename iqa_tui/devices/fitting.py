"""Whether a run may have a device, and start on it now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from iqa_tui.devices.device import Device, DeviceState, names_device
from iqa_tui.devices.gpus.free import SPARE_BYTES
from iqa_tui.devices.gpus.sample import GpuSample
from training.runfolder.spec import Spec


def may_use(spec: Spec, device: Device, default_kind: str) -> bool:
    """Whether a run may have this device at all, free or not."""
    return may_have(spec.devices, device, spec.device_kind or default_kind, spec.gpus)


def may_have(names: Sequence[str] | None, device: Device, kind: str, count: int = 1) -> bool:
    """Whether a device is one of those that a run may have.

    Args:
        names: of devices; None: any of a kind. A run launched for a GPU waits for one, even if there is none now.
        kind: gpu, cpu.
        count: how many the run gets; CUDA shows a process no more than one MIG instance.
    """
    if count > 1 and device.instance is not None:
        return False
    return device.kind == kind if names is None else any(names_device(entry, device) for entry in names)


def can_start(spec: Spec, state: DeviceState, default_kind: str, promised: Sequence[int | None] = ()) -> bool:
    """Whether a run may start on this device now. A declared need asks for room, not for an idle GPU, if the GPU can
    be shared.

    Args:
        promised: bytes for runs that get this device but do not hold its lease yet; None among them: all of it.
    """
    if not may_use(spec, state.device, default_kind) or not state.allowed or state.withdrawn:
        return False
    need = need_bytes(spec, state.device)
    if need is None:
        return state.free and not promised
    if None in promised:
        return False
    if state.left_bytes is None:
        return state.free and not promised and _holds(state.sample, need)
    return need + sum(filter(None, promised)) <= state.left_bytes


def _holds(sample: GpuSample | None, need_bytes: int) -> bool:
    """Whether a GPU that cannot be shared is large enough for a run that gets it whole; True if its size is unknown."""
    total = sample.memory_total_bytes if sample is not None else None
    return total is None or need_bytes + SPARE_BYTES <= total


def need_bytes(spec: Spec, device: Device) -> int | None:
    """What a run reserves of this device; None: it takes the device whole."""
    return spec.vram_bytes if device.kind == "gpu" else None


@dataclass
class Promises:
    """Devices that are given to runs, until these runs hold their leases."""

    _needs: dict[str, list[int | None]] = field(default_factory=dict)

    def add(self, spec: Spec, device: Device) -> None:
        self._needs.setdefault(device.key, []).append(need_bytes(spec, device))

    def of(self, device: Device) -> Sequence[int | None]:
        """Bytes that runs need of it; None among them: the whole device."""
        return self._needs.get(device.key, ())
