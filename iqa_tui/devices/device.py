"""What a run may get: one GPU, MIG instance or CPU slot, and what is known of it at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from iqa_tui.devices.gpus.mask import names_gpu
from iqa_tui.devices.gpus.sample import GpuSample
from iqa_tui.devices.lease import Holder
from training.runfolder.text import plain

LONGEST_REASON = 4000
"""Characters of why a device is not free: it quotes files that any user may write."""


@dataclass(frozen=True, slots=True)
class Device:
    """What one run gets: a GPU or a CPU slot."""

    key: str
    """Name of its lease: the UUID of the GPU or MIG instance, or `cpu-0`."""
    kind: str
    """gpu, cpu."""
    index: int | None
    """PCI order of the GPU, or number of the slot."""
    name: str
    """For people: `NVIDIA H100`, `CPU, 8 threads`."""
    instance: int | None = None
    """Number of the MIG instance; None: the whole GPU."""
    by_uuid: bool = False
    """CUDA is given its UUID instead of its number: CUDA may number the GPUs differently."""
    room_bytes: int | None = None
    """Memory that all runs with a declared need may reserve together; None: it cannot be shared."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", plain(self.name))  # the driver's text

    @property
    def label(self) -> str:
        """`GPU 0`, `GPU 0:1` for a MIG instance, `CPU 1`."""
        number = "" if self.index is None else f" {self.index}"
        return f"{self.kind.upper()}{number}" + ("" if self.instance is None else f":{self.instance}")


def labels_words(devices: Sequence[Device]) -> str:
    """`GPU 0`, `GPU 0 and GPU 1`, `GPU 0, GPU 1 and GPU 2`."""
    *first, last = [device.label for device in devices]
    return f"{', '.join(first)} and {last}" if first else last


@dataclass(frozen=True, slots=True)
class DeviceState:
    """One device at one moment."""

    device: Device
    free: bool
    reason: str
    """In words: `free`, `held by ann, pid 4711 python (21.3 GiB, 3.0 h)`, …"""
    sample: GpuSample | None = None
    """None for a CPU slot."""
    holders: tuple[Holder, ...] = ()
    """Runs of this program that have it: one, or several that share it; () if none has."""
    allowed: bool = True
    """False: left out by an inherited CUDA_VISIBLE_DEVICES."""
    left_bytes: int | None = None
    """What one more run with a declared need may reserve; None: it cannot be shared."""
    withdrawn: bool = False
    """A user withdrew it, the driver failed on it twice or reported an error of the hardware: it gets no more runs."""

    def __post_init__(self) -> None:
        # It quotes processes' names, which they choose, and a journal that every user may write.
        object.__setattr__(self, "reason", plain(self.reason, LONGEST_REASON))

    @property
    def holder(self) -> Holder | None:
        """The first of `holders`."""
        return self.holders[0] if self.holders else None


def names_device(entry: str, device: Device) -> bool:
    """Whether `0`, `GPU-5f2c…`, `cpu` or `cpu-1` means this device."""
    if device.kind == "cpu":
        return entry in ("cpu", device.key)
    return device.index is not None and entry != "cpu" and names_gpu(entry, device.index, device.key, device.instance)
