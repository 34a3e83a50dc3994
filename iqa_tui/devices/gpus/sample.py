"""What is known of one GPU at one moment. A field is None if the driver does not tell: never 0 for unknown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GpuProcess:
    """A process on a GPU."""

    pid: int
    """As the driver tells it: in a container it may be the host's."""
    user: str | None = None
    name: str | None = None
    """Of the program, for example `python`."""
    memory_used_bytes: int | None = None
    started: float | None = None
    """Unix seconds."""


@dataclass(frozen=True, slots=True)
class GpuSample:
    """One GPU, or one MIG instance of it, one look."""

    index: int
    """Its place in PCI order, which is what CUDA_VISIBLE_DEVICES means under CUDA_DEVICE_ORDER=PCI_BUS_ID."""
    uuid: str
    name: str
    memory_used_bytes: int | None = None
    memory_total_bytes: int | None = None
    utilisation_percent: int | None = None
    """Share of the last second or so in which a kernel ran; says nothing of how much of the GPU it used."""
    temperature_celsius: int | None = None
    power_watts: float | None = None
    processes: tuple[GpuProcess, ...] | None = None
    """Those that compute."""
    memory_counts_reserve: bool = False
    """True: an old driver, whose used memory includes its own reserve (912 MB on an idle A100)."""
    instance: int | None = None
    """Number of the MIG instance; None: the whole GPU."""
    by_uuid: bool = False
    """True: CUDA may number it differently (MIG, or a PCI place that is not told), so it is named by UUID."""
    problem: str = ""
    """Why no run can have it, whatever the numbers say: the driver has lost it, its compute mode is prohibited, its
    device file is closed to this user, …
    """
    graphics: tuple[GpuProcess, ...] | None = None
    """Processes that draw: a desktop, a browser."""
    is_exclusive: bool = False
    """True: its compute mode lets one process compute at a time, so no two runs share it."""
    has_persistence: bool | None = None
    """False: the driver sleeps when no process uses the GPU, and takes seconds to wake up."""
    shares_host_memory: bool = False
    """True: it has no memory of its own (GB10, Jetson). Used and total memory are the host's, so they say nothing of
    who computes on it.
    """


@dataclass(frozen=True, slots=True)
class XidSeen:
    """An error that the driver reported of a GPU while we listened."""

    keys: tuple[str, ...]
    """UUIDs of the devices that it concerns: the GPU, or all MIG instances of it."""
    xid: int
