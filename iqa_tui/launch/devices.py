"""The devices of this machine: which are free for a run, and why the others are not."""

from __future__ import annotations

from dataclasses import dataclass

from iqa_tui.gpus.sample import GpuSample


@dataclass(frozen=True, slots=True)
class Device:
    """What one run gets: a GPU or a CPU slot."""

    key: str
    """Name of its lease: the GPU's UUID, or `cpu-0`."""
    kind: str
    """gpu, cpu."""
    index: int | None
    """PCI order of the GPU, or number of the slot."""
    name: str
    """For people: `NVIDIA H100`, `CPU, 8 threads`."""

    @property
    def label(self) -> str:
        """`GPU 0`, `CPU 1`."""
        number = "" if self.index is None else f" {self.index}"
        return f"{self.kind.upper()}{number}"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose run has the lease."""

    user: str
    run_id: str
    pid: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceState:
    """One device at one moment."""

    device: Device
    free: bool
    reason: str
    """In words: `free`, `held by ann, pid 4711 python (21.3 GiB, 3 h)`, …"""
    sample: GpuSample | None = None
    """None for a CPU slot."""
    holder: Holder | None = None
    """None where no run of this program has it."""


@dataclass(frozen=True, slots=True)
class Survey:
    """Every device that may be used, and a note on the machine."""

    devices: tuple[DeviceState, ...]
    note: str
    """Why there is no GPU, or which are left out; empty where there is nothing to say."""
    taken_at: float
    """Unix seconds."""
