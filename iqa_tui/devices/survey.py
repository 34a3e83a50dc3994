"""The devices of this machine: which are free for a run, and why the others are not."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from iqa_tui.devices.cpu_slots import cpu_slots, threads_per_slot
from iqa_tui.devices.gpus.driver import Driver, Reading
from iqa_tui.devices.gpus.free import SETTLE_SAMPLES, SPARE_BYTES, Look, why_not_free
from iqa_tui.devices.gpus.mask import MASK_VARIABLE, inherited_mask, names_gpu
from iqa_tui.devices.gpus.sample import GpuSample
from iqa_tui.devices.lease import Holder, lease_holders, lease_trouble
from iqa_tui.devices.sharing import left_bytes, room_bytes, share_words
from iqa_tui.devices.withdrawn import withdrawn_reason
from iqa_tui.devices.xid_records import record_xids
from iqa_tui.processes.start import child_environment, program
from iqa_tui.words.durations import duration_words
from training.runfolder.schema import Spec
from training.runfolder.text import plain

LONGEST_REASON = 4000
"""Characters of why a device is not free: it quotes files that any user may write."""

WATCH_SECONDS = 10.0
"""How often the driver is asked for XIDs while nobody surveys."""
EXCLUSIVE = "its compute mode is exclusive process, so no run shares it"


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
    """CUDA is shown it by UUID: it may count otherwise than we do."""
    room_bytes: int | None = None
    """What runs with a declared need may reserve of it together; None: only a run that has it whole."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", plain(self.name))  # as its driver tells it

    @property
    def label(self) -> str:
        """`GPU 0`, `GPU 0:1` for a MIG instance, `CPU 1`."""
        number = "" if self.index is None else f" {self.index}"
        return f"{self.kind.upper()}{number}" + ("" if self.instance is None else f":{self.instance}")


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
    """Runs of this program that have it: one, or several that share it; () where none has."""
    allowed: bool = True
    """False: left out by an inherited CUDA_VISIBLE_DEVICES."""
    left_bytes: int | None = None
    """What one more run with a declared need may reserve; None: it cannot be shared."""
    withdrawn: bool = False
    """Withdrawn by somebody, or the driver failed on it twice: it gets no more runs."""

    def __post_init__(self) -> None:
        # It names processes, which call themselves what they like, and who withdrew it, in a file that all may write.
        object.__setattr__(self, "reason", plain(self.reason, LONGEST_REASON))

    @property
    def holder(self) -> Holder | None:
        """The first of them."""
        return self.holders[0] if self.holders else None


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
    sampled_at: float | None = None
    """Unix seconds of what is said of the GPUs: older than `taken_at` while their driver does not answer. None: there
    is none.
    """

    def __post_init__(self) -> None:
        object.__setattr__(self, "note", plain(self.note, LONGEST_REASON))

    @property
    def is_blind(self) -> bool:
        """There should be GPUs, and none was ever seen: their driver does not answer."""
        return self.default_kind == "gpu" and not any(state.device.kind == "gpu" for state in self.devices)


class Surveyor:
    """Looks at the devices again and again. For one thread."""

    def __init__(
        self,
        *,
        settle_seconds: float = 0.0,
        honour_mask: bool = True,
        all_cpu_slots: bool = False,
        patience_seconds: float | None = None,
        records_xids: bool = False,
    ) -> None:
        """Ask the driver nothing yet.

        Args:
            settle_seconds: how long a GPU must have looked idle to be free; 0: one look is enough.
            honour_mask: leave out what an inherited CUDA_VISIBLE_DEVICES hides.
            all_cpu_slots: list CPU slots beside GPUs too; otherwise only those that a run has.
            patience_seconds: how long one survey waits for the driver, for who surveys again and again and must not
                stand still; None: as long as a driver may take that wakes up.
            records_xids: withdraw a GPU of which the driver reports an error of its own or of the hardware.
        """
        self._settle_seconds = settle_seconds
        self._mask = inherited_mask() if honour_mask else None
        self._all_cpu_slots = all_cpu_slots
        self._patience_seconds = patience_seconds
        self._records_xids = records_xids
        self._driver: Driver | None = None
        self._reading = Reading()
        self._looks: dict[str, deque[Look]] = {}
        self._looked = self._watched = float("-inf")

    def watch(self) -> None:
        """Listen for XIDs while nothing has to be surveyed, for who does nothing else; most calls cost nothing."""
        if time.monotonic() >= self._watched + WATCH_SECONDS:
            self._look()

    def survey(self) -> Survey:
        """Every device as it is now.

        Raises:
            LaunchError: there is no folder for leases, or the number of CPU slots is no number.
        """
        self._look()
        gpus = [self._gpu_state(sample) for sample in self._reading.samples]
        usable = [state for state in gpus if state.allowed]
        broken = not self._reading.is_fresh and not self._reading.is_normal
        kind = "gpu" if usable or broken else "cpu"
        slots = [_cpu_state(number) for number in range(cpu_slots())]
        if kind == "gpu" and not self._all_cpu_slots:
            slots = [state for state in slots if not state.free]
        devices = tuple(_unless_useless(_unless_set_aside(state)) for state in (*gpus, *slots))
        sampled_at = self._reading.taken_at if gpus else None
        return Survey(devices, self._note(gpus, usable), time.time(), kind, sampled_at)

    def _look(self) -> None:
        """A fresh sample of each GPU, or, while they settle, the last one: three in the time are enough."""
        now = time.monotonic()
        is_recent = now - self._looked < self._settle_seconds / SETTLE_SAMPLES
        if self._settle_seconds and is_recent and self._reading.is_fresh:
            return
        if self._driver is None:
            self._driver = open_driver(self._patience_seconds)
        before, self._reading = self._reading, self._driver.look()
        self._watched = time.monotonic()
        if not self._reading.is_fresh or self._reading.taken_at == before.taken_at:
            return
        if self._records_xids:
            record_xids(self._reading.xids)
        self._looked = now = time.monotonic()  # not before: the first answer takes a while
        for sample in self._reading.samples:
            looks = self._looks.setdefault(sample.uuid, deque(maxlen=2 * SETTLE_SAMPLES))
            looks.append(Look(now, sample))

    def _gpu_state(self, sample: GpuSample) -> DeviceState:
        device = Device(sample.uuid, "gpu", sample.index, sample.name, sample.instance, sample.by_uuid)
        named = (names_gpu(entry, sample.index, sample.uuid, sample.instance) for entry in self._mask or ())
        if self._mask is not None and not any(named):
            reason = f"left out by {MASK_VARIABLE}={','.join(self._mask)}"
            return DeviceState(device, free=False, reason=reason, sample=sample, allowed=False)
        holders = lease_holders(device.key)
        if not self._reading.is_fresh:
            age = time.time() - self._reading.taken_at
            reason = f"not seen for {duration_words(age)}: its driver does not answer"
            return DeviceState(device, free=False, reason=reason, sample=sample, holders=holders)
        left = left_bytes(sample, holders)
        device = replace(device, room_bytes=room_bytes(sample, holders))
        if holders:
            reason = _and_mode(_holders_words(holders, left), sample)
            return DeviceState(device, False, reason, sample, holders, left_bytes=left)
        why = why_not_free(self._looks[sample.uuid], time.time(), self._settle_seconds)
        reason = "free" if why is None else _and_mode(why, sample)
        return DeviceState(device, why is None, reason, sample, left_bytes=left)

    def _note(self, gpus: list[DeviceState], usable: list[DeviceState]) -> str:
        slots = cpu_slots()
        use = f"runs use {slots} CPU slot{'s' if slots > 1 else ''}"
        if not self._reading.is_fresh and self._reading.is_normal:
            return f"{self._reading.trouble}: {use}"
        if not self._reading.is_fresh:
            remedy = "`iqa-tui doctor` says more, `--devices cpu` runs them on the CPU"
            return f"{self._reading.trouble}: runs wait for it; {remedy}"
        if gpus and not usable:
            return f"{MASK_VARIABLE} hides every GPU: {use}"
        return ""


def _and_mode(reason: str, sample: GpuSample) -> str:
    """A GPU that no run could have whatever its mode has only that said."""
    return f"{reason}; {EXCLUSIVE}" if sample.is_exclusive and not sample.problem else reason


def _unless_set_aside(state: DeviceState) -> DeviceState:
    device = state.device
    why = withdrawn_reason(device.key)
    if not why:
        return state
    name = device.key if device.kind == "cpu" else device.label.removeprefix("GPU ")
    why += f"; `iqa-tui restore {name}` puts it back"
    return replace(state, free=False, withdrawn=True, reason=f"{state.reason}; {why}" if state.holders else why)


def _unless_useless(state: DeviceState) -> DeviceState:
    """What another user put in the place of its lease makes one device useless; the others go on."""
    trouble = lease_trouble(state.device.key)
    if not trouble:
        return state
    return replace(state, free=False, left_bytes=None, reason=f"cannot be given: {trouble}")


def _cpu_state(number: int) -> DeviceState:
    threads = threads_per_slot()
    device = Device(f"cpu-{number}", "cpu", number, f"CPU, {threads} thread{'s' if threads > 1 else ''}")
    holders = lease_holders(device.key)
    if holders:
        return DeviceState(device, free=False, reason=_holders_words(holders, None), holders=holders)
    return DeviceState(device, free=True, reason="free")


def open_driver(patience_seconds: float | None = None) -> Driver:
    """What asks the NVIDIA driver of this machine; nothing is asked yet.

    Args:
        patience_seconds: no look waits longer; None: as the driver has it.
    """
    command, env = program("iqa_tui.devices.gpus.sampler"), child_environment()
    if patience_seconds is None:
        return Driver(command, env)
    return Driver(command, env, start_seconds=patience_seconds, answer_seconds=patience_seconds)


def _holders_words(holders: tuple[Holder, ...], left: int | None) -> str:
    if holders[0].reserved_bytes is not None:
        return share_words(holders, left)
    return f"runs {holders[0].words} of {holders[0].user}"


def may_use(spec: Spec, device: Device, default_kind: str) -> bool:
    """Whether a run may have this device at all, free or not."""
    if spec.devices is None:  # what was launched for a GPU waits for one, though there is none now
        return device.kind == (spec.device_kind or default_kind)
    return any(names_device(entry, device) for entry in spec.devices)


def names_device(entry: str, device: Device) -> bool:
    """Whether `0`, `GPU-5f2c…`, `cpu` or `cpu-1` means this device."""
    if device.kind == "cpu":
        return entry in ("cpu", device.key)
    return device.index is not None and entry != "cpu" and names_gpu(entry, device.index, device.key, device.instance)


def can_start(spec: Spec, state: DeviceState, default_kind: str, promised: Sequence[int | None] = ()) -> bool:
    """Whether a run may start on this device now. A declared need asks for room, not for an idle GPU, if the GPU can
    be shared.

    Args:
        promised: what runs need that get it but do not hold its lease yet; None among them: the whole device.
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
    """Whether a GPU that cannot be shared is large enough for a run that gets it whole; True if that is not told."""
    total = sample.memory_total_bytes if sample is not None else None
    return total is None or need_bytes + SPARE_BYTES <= total


def need_bytes(spec: Spec, device: Device) -> int | None:
    """What a run reserves of this device; None: it takes the device whole."""
    return spec.vram_bytes if device.kind == "gpu" else None


@dataclass
class Promises:
    """Devices that are being given away, until whoever gets them holds their lease."""

    _needs: dict[str, list[int | None]] = field(default_factory=dict)

    def add(self, spec: Spec, device: Device) -> None:
        self._needs.setdefault(device.key, []).append(need_bytes(spec, device))

    def of(self, device: Device) -> Sequence[int | None]:
        """What runs need of it; None among them: the whole."""
        return self._needs.get(device.key, ())
