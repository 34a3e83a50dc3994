"""Does the driver answer, and can each GPU get a run?"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence

from iqa_tui.devices.cpu_slots import cpu_slots, threads_per_slot
from iqa_tui.devices.gpus.driver import Driver, Reading
from iqa_tui.devices.gpus.free import memory_words, unknown_words
from iqa_tui.devices.gpus.sample import GpuSample
from iqa_tui.devices.survey import open_driver
from iqa_tui.devices.withdrawn import withdrawn_reason, xids_seen
from iqa_tui.doctor.finding import Finding, blocked, doubtful
from iqa_tui.errors import LaunchError

DECLARE = 'Declare what a run needs (vram = "10 GiB" in the plan): then memory alone decides'


def check_gpus(driver: Driver | None = None, *, has_declared_needs: bool = False) -> tuple[list[Finding], Reading]:
    """Look at the driver and at every GPU.

    Args:
        driver: None: a new one.
        has_declared_needs: every run of the plan declares how much GPU memory it needs.
    """
    driver = driver or open_driver()
    reading = driver.look()
    driver.close()
    if not reading.is_fresh:
        return [_without_gpus(reading)], reading
    names = ", ".join(f"{sample.index} {sample.name}" for sample in reading.samples)
    cuda = "" if reading.cuda_version is None else f", CUDA up to {reading.cuda_version[0]}.{reading.cuda_version[1]}"
    findings = [Finding("GPUs", f"driver {reading.driver_version or 'of unknown version'}{cuda}: {names}")]
    findings += _useless(reading.samples, has_declared_needs)
    return [*findings, *_modes(reading.samples), *_xids(reading.samples)], reading


def _without_gpus(reading: Reading) -> Finding:
    """There is no driver, it is still waking up, or it does not answer."""
    if reading.is_normal:
        return _cpu_slots(reading)
    if reading.may_be_waking:
        remedy = "Run the command again in a minute; sudo nvidia-smi -pm 1 keeps the driver awake, "
        return blocked("GPUs", reading.trouble, f"{remedy}--devices cpu needs none")
    return blocked("GPUs", reading.trouble, "Run nvidia-smi; after a driver update reboot, or use --devices cpu")


def _cpu_slots(reading: Reading) -> Finding:
    slots, threads = cpu_slots(), threads_per_slot()
    with contextlib.suppress(LaunchError):  # no folder for leases: the line on locks says so
        withdrawn = [withdrawn_reason(f"cpu-{number}") for number in range(slots)]
        if all(withdrawn):
            return blocked("GPUs", f"{reading.trouble}; CPU 0 is {withdrawn[0]}", "iqa-tui restore cpu")
    use = f"runs use {slots} CPU slot{'s' if slots > 1 else ''} with {threads} threads"
    return Finding("GPUs", f"{reading.trouble}: {use}", remedy="IQA_TUI_CPU_SLOTS=n makes more slots")


def _useless(samples: Sequence[GpuSample], has_declared_needs: bool) -> list[Finding]:
    """A line for each GPU that can get no run; one that blocks if that is every GPU."""
    findings = []
    for sample in samples:
        words, remedy = _why_useless(sample, has_declared_needs)
        if words:
            findings.append(doubtful("GPUs", f"GPU {sample.index} gets no run: {words}", remedy))
    if samples and len(findings) == len(samples):
        findings.append(blocked("GPUs", "no GPU can get a run", "Mend one of them, or use --devices cpu"))
    return findings


def _why_useless(sample: GpuSample, has_declared_needs: bool) -> tuple[str, str]:
    """Why no run can have this GPU, and what would help; both empty if one can."""
    if sample.problem:
        return sample.problem, "Ask the machine's administrator; the other GPUs go on without it"
    if not sample.shares_host_memory and (unknown := unknown_words(sample, has_declared_need=True)):
        return unknown, "Update the driver, or use --devices cpu"
    if unknown := unknown_words(sample, has_declared_need=has_declared_needs):
        return unknown, "Leave `vram` out" if has_declared_needs else DECLARE
    if sample.graphics and not has_declared_needs and (drawn := memory_words(sample)):
        return drawn.partition(":")[0], DECLARE
    with contextlib.suppress(LaunchError):  # no folder for leases: the line on locks says so
        if why := withdrawn_reason(sample.uuid):
            return why, f"If it is well again: iqa-tui restore {sample.uuid}"
    return "", ""


def _modes(samples: Sequence[GpuSample]) -> list[Finding]:
    """Settings of the driver that slow runs down or keep them from sharing a GPU."""
    findings = []
    if exclusive := _numbers(sample for sample in samples if sample.is_exclusive):
        words = f"compute mode of GPU {exclusive} is exclusive process: a run has it whole, even if it declares `vram`"
        findings.append(Finding("GPUs", words, remedy=f"sudo nvidia-smi -i {exclusive} -c 0 lets runs share it"))
    if asleep := _numbers(sample for sample in samples if sample.has_persistence is False):
        words = f"persistence mode of GPU {asleep} is off: the driver sleeps when unused, and takes seconds to wake up"
        findings.append(doubtful("GPUs", words, "sudo nvidia-smi -pm 1"))
    return findings


def _numbers(samples: Iterable[GpuSample]) -> str:
    """`0,2`, as nvidia-smi takes them; a GPU with MIG instances once."""
    return ",".join(dict.fromkeys(str(sample.index) for sample in samples))


def _xids(samples: Sequence[GpuSample]) -> list[Finding]:
    """Errors that the driver reported during runs and that `iqa-tui restore` has not cleared."""
    findings = []
    for sample in samples:
        with contextlib.suppress(LaunchError):  # no folder for leases: the line on locks says so
            if seen := xids_seen(sample.uuid):
                words = f"GPU {sample.index}: the driver reported {', '.join(seen)}"
                remedy = f"sudo dmesg | grep -i xid; iqa-tui restore {sample.index} clears it"
                findings.append(doubtful("GPUs", words, remedy))
    return findings
