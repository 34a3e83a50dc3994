"""The devices of this machine, looked at again and again: which are free for a run, and why the others are not."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, replace

from iqa_tui.devices.cpu_slots import cpu_slots, threads_per_slot
from iqa_tui.devices.device import LONGEST_REASON, Device, DeviceState
from iqa_tui.devices.device_words import holders_words, with_mode
from iqa_tui.devices.gpus.driver import Driver, Reading
from iqa_tui.devices.gpus.free import SETTLE_SAMPLES, Look, why_not_free
from iqa_tui.devices.gpus.mask import MASK_VARIABLE, inherited_mask, names_gpu
from iqa_tui.devices.gpus.sample import GpuSample
from iqa_tui.devices.lease import lease_holders, lease_trouble
from iqa_tui.devices.sharing import left_bytes, room_bytes
from iqa_tui.devices.withdrawn import withdrawn_reason
from iqa_tui.devices.xid_records import record_xids
from iqa_tui.processes.periods import XIDS_SECONDS
from iqa_tui.processes.start import child_environment, program
from iqa_tui.words.durations import duration_words
from training.runfolder.text import plain


@dataclass(frozen=True, slots=True)
class Survey:
    """Every device that may be used, and a note on the machine."""

    devices: tuple[DeviceState, ...]
    note: str
    """Why there is no GPU, or which are left out; empty if there is nothing to say."""
    taken_at: float
    """Unix seconds."""
    default_kind: str = "cpu"
    """What a run gets that names no devices: gpu, or cpu if this machine has no GPU."""
    sampled_at: float | None = None
    """When the GPUs were sampled, unix seconds: before `taken_at` while their driver does not answer. None: no GPUs."""

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
            patience_seconds: how long one survey waits for the driver, for a caller that surveys again and again and
                must not stand still; None: as long as a driver may take to wake up.
            records_xids: withdraw a GPU if the driver reports an error of its own or of the hardware.
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
        """Listen for XIDs while no survey is needed; most calls cost nothing."""
        if time.monotonic() >= self._watched + XIDS_SECONDS:
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
        devices = tuple(_unless_useless(_unless_withdrawn(state)) for state in (*gpus, *slots))
        sampled_at = self._reading.taken_at if gpus else None
        return Survey(devices, self._note(gpus, usable), time.time(), kind, sampled_at)

    def ask(self) -> None:
        """Ask the driver now, for a caller with other work to do before the survey that waits for its answer."""
        self._opened().ask()

    def _opened(self) -> Driver:
        if self._driver is None:
            self._driver = open_driver(self._patience_seconds)
        return self._driver

    def _look(self) -> None:
        """Take a fresh sample of each GPU, unless the last one is recent: three while they settle are enough."""
        now = time.monotonic()
        is_recent = now - self._looked < self._settle_seconds / SETTLE_SAMPLES
        if self._settle_seconds and is_recent and self._reading.is_fresh:
            return
        before, self._reading = self._reading, self._opened().look()
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
            reason = with_mode(holders_words(holders, left), sample)
            return DeviceState(device, False, reason, sample, holders, left_bytes=left)
        why = why_not_free(self._looks[sample.uuid], time.time(), self._settle_seconds)
        reason = "free" if why is None else with_mode(why, sample)
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


def _unless_withdrawn(state: DeviceState) -> DeviceState:
    device = state.device
    why = withdrawn_reason(device.key)
    if not why:
        return state
    name = device.key if device.kind == "cpu" else device.label.removeprefix("GPU ")
    why += f"; `iqa-tui restore {name}` restores it"
    return replace(state, free=False, withdrawn=True, reason=f"{state.reason}; {why}" if state.holders else why)


def _unless_useless(state: DeviceState) -> DeviceState:
    """What another user put in place of its lease makes one device useless; the others go on."""
    trouble = lease_trouble(state.device.key)
    if not trouble:
        return state
    return replace(state, free=False, left_bytes=None, reason=f"cannot be given: {trouble}")


def _cpu_state(number: int) -> DeviceState:
    threads = threads_per_slot()
    device = Device(f"cpu-{number}", "cpu", number, f"CPU, {threads} thread{'s' if threads > 1 else ''}")
    holders = lease_holders(device.key)
    if holders:
        return DeviceState(device, free=False, reason=holders_words(holders, None), holders=holders)
    return DeviceState(device, free=True, reason="free")


def open_driver(patience_seconds: float | None = None) -> Driver:
    """The NVIDIA driver of this machine; it is not asked yet.

    Args:
        patience_seconds: no look waits longer; None: as long as `Driver` does.
    """
    command, env = program("iqa_tui.devices.gpus.sampler"), child_environment()
    if patience_seconds is None:
        return Driver(command, env)
    return Driver(command, env, start_seconds=patience_seconds, answer_seconds=patience_seconds)
