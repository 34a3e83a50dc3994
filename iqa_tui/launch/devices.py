"""The devices of this machine: which are free for a run, and why the others are not."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iqa_tui.gpus.free import SETTLE_SAMPLES, Look, fits_beside, why_not_free
from iqa_tui.gpus.mask import MASK_VARIABLE, inherited_mask, names_gpu
from iqa_tui.gpus.sample import GpuSample
from iqa_tui.launch.lease import Holder, lease_holder
from iqa_tui.launch.slots import cpu_slots, threads_per_slot
from training.runfolder.schema import Spec

if TYPE_CHECKING:
    from iqa_tui.gpus.nvml import Nvml, NvmlUnavailable

ASK_AGAIN_SECONDS = 30.0
"""After a driver that did not answer."""


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
    allowed: bool = True
    """False: left out by an inherited CUDA_VISIBLE_DEVICES."""


@dataclass(frozen=True, slots=True)
class Survey:
    """Every device that may be used, and a note on the machine."""

    devices: tuple[DeviceState, ...]
    note: str
    """Why there is no GPU, or which are left out; empty where there is nothing to say."""
    taken_at: float
    """Unix seconds."""
    default_kind: str = "cpu"
    """Of the devices that a run gets which names none: gpu, or cpu where this machine has no GPU."""


class Surveyor:
    """Looks at the devices again and again. For one thread."""

    def __init__(self, *, settle_seconds: float = 0.0, honour_mask: bool = True, all_cpu_slots: bool = False) -> None:
        """Ask the driver nothing yet.

        Args:
            settle_seconds: how long a GPU must have looked idle to be free; 0: one look is enough.
            honour_mask: leave out what an inherited CUDA_VISIBLE_DEVICES hides.
            all_cpu_slots: list CPU slots beside GPUs too; otherwise only those that a run has.
        """
        self._settle_seconds = settle_seconds
        self._mask = inherited_mask() if honour_mask else None
        self._all_cpu_slots = all_cpu_slots
        self._nvml: Nvml | None = None
        self._unavailable: NvmlUnavailable | None = None
        self._ask_again = 0.0
        self._looks: dict[str, deque[Look]] = {}
        self._samples: list[GpuSample] = []
        self._sampled = float("-inf")

    def survey(self) -> Survey:
        """Every device as it is now.

        Raises:
            LaunchError: there is no folder for leases, or the number of CPU slots is no number.
        """
        samples = self._gpu_samples()
        gpus = [self._gpu_state(sample) for sample in samples]
        usable = [state for state in gpus if state.allowed]
        broken = self._unavailable is not None and not self._unavailable.is_normal
        kind = "gpu" if usable or broken else "cpu"
        slots = [_cpu_state(number) for number in range(cpu_slots())]
        if kind == "gpu" and not self._all_cpu_slots:
            slots = [state for state in slots if not state.free]
        return Survey((*gpus, *slots), self._note(gpus, usable), time.time(), kind)

    def _gpu_samples(self) -> list[GpuSample]:
        """A fresh sample of each GPU, or, while they settle, the last one: three in the time are enough."""
        now = time.monotonic()
        if self._settle_seconds and now - self._sampled < self._settle_seconds / SETTLE_SAMPLES:
            return self._samples
        nvml = self._library(now)
        self._samples = nvml.samples() if nvml else []
        self._sampled = now
        for sample in self._samples:
            looks = self._looks.setdefault(sample.uuid, deque(maxlen=2 * SETTLE_SAMPLES))
            looks.append(Look(now, sample))
        return self._samples

    def _library(self, now: float) -> Nvml | None:
        """NVML, which is loaded when first asked for: most commands never need it."""
        if self._nvml is None and now >= self._ask_again:
            from iqa_tui.gpus.nvml import Nvml, NvmlUnavailable  # noqa: PLC0415  a tenth of a second to import

            try:
                self._nvml, self._unavailable = Nvml(), None
            except NvmlUnavailable as unavailable:
                self._unavailable, self._ask_again = unavailable, now + ASK_AGAIN_SECONDS
        return self._nvml

    def _gpu_state(self, sample: GpuSample) -> DeviceState:
        device = Device(sample.uuid, "gpu", sample.index, sample.name)
        if self._mask is not None and not any(names_gpu(entry, sample.index, sample.uuid) for entry in self._mask):
            reason = f"left out by {MASK_VARIABLE}={','.join(self._mask)}"
            return DeviceState(device, free=False, reason=reason, sample=sample, allowed=False)
        holder = lease_holder(device.key)
        if holder is not None:
            return DeviceState(device, free=False, reason=_holder_words(holder), sample=sample, holder=holder)
        reason = why_not_free(self._looks[sample.uuid], time.time(), self._settle_seconds) or "free"
        return DeviceState(device, free=reason == "free", reason=reason, sample=sample)

    def _note(self, gpus: list[DeviceState], usable: list[DeviceState]) -> str:
        slots = cpu_slots()
        use = f"runs use {slots} CPU slot{'s' if slots > 1 else ''}"
        if self._unavailable is not None and self._unavailable.is_normal:
            return f"{self._unavailable}: {use}"
        if self._unavailable is not None:
            return f"{self._unavailable}: runs wait for it; `--devices cpu` runs them on the CPU"
        if gpus and not usable:
            return f"{MASK_VARIABLE} hides every GPU: {use}"
        return ""


def _cpu_state(number: int) -> DeviceState:
    threads = threads_per_slot()
    device = Device(f"cpu-{number}", "cpu", number, f"CPU, {threads} thread{'s' if threads > 1 else ''}")
    holder = lease_holder(device.key)
    if holder is not None:
        return DeviceState(device, free=False, reason=_holder_words(holder), holder=holder)
    return DeviceState(device, free=True, reason="free")


def _holder_words(holder: Holder) -> str:
    return f"runs {holder.words} of {holder.user}"


def may_use(spec: Spec, device: Device, default_kind: str) -> bool:
    """Whether a run may have this device at all, free or not."""
    if spec.devices is None:
        return device.kind == default_kind
    return any(names_device(entry, device) for entry in spec.devices)


def names_device(entry: str, device: Device) -> bool:
    """Whether `0`, `GPU-5f2c…`, `cpu` or `cpu-1` means this device."""
    if device.kind == "cpu":
        return entry in ("cpu", device.key)
    return device.index is not None and entry != "cpu" and names_gpu(entry, device.index, device.key)


def can_start(spec: Spec, state: DeviceState, default_kind: str) -> bool:
    """Whether a run may start on this device now. A declared need asks for room, not for an idle GPU."""
    if not may_use(spec, state.device, default_kind) or not state.allowed:
        return False
    if spec.vram_bytes is not None and state.sample is not None:
        return state.holder is None and fits_beside(state.sample, spec.vram_bytes)
    return state.free
