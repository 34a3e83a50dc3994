"""The devices that a launch may use."""

from __future__ import annotations

from dataclasses import replace

from iqa_tui.devices.device import Device, DeviceState
from iqa_tui.devices.gpus.sample import GpuProcess, GpuSample
from iqa_tui.devices.lease import Holder
from iqa_tui.devices.survey import Survey
from iqa_tui.panels.device_list import DeviceList
from iqa_tui.panels.gpu_users import RunOnGpu
from iqa_tui.plans.offered import OfferedPartition


def state(key: str, kind: str, index: int, *, free: bool = True) -> DeviceState:
    return DeviceState(Device(key, kind, index, "NVIDIA H100"), free, "free" if free else "held by ann")


def text(devices: DeviceList, width: int = 50) -> list[str]:
    return ["".join(part for part, _ in line).rstrip() for line in devices.draw(width, 9)]


def test_a_device_that_cannot_be_chosen_has_no_box() -> None:
    states = (state("GPU-a", "gpu", 0), state("GPU-b", "gpu", 1, free=False), state("cpu-0", "cpu", 0))
    devices = DeviceList()
    devices.show_survey(Survey(states, "", 1.0, "gpu"), {"GPU-a": True, "GPU-b": False})
    assert [line[:9] for line in text(devices)] == ["[x] GPU 0", "[ ] GPU 1", "    CPU 0"]
    assert text(devices)[0].endswith("free")
    assert text(devices)[1].endswith("held by ann")


def test_a_gpu_has_a_bar_of_its_memory_and_why_it_is_not_free() -> None:
    sample = GpuSample(0, "GPU-a", "NVIDIA H100 80GB HBM3", 40 << 30, 80 << 30, 40, 55)
    full = replace(state("GPU-a", "gpu", 0, free=False), sample=sample)
    devices = DeviceList()
    devices.show_survey(Survey((full,), "", 1.0, "gpu"), {"GPU-a": True})
    assert text(devices) == ["[x] GPU 0 H100     ████░░░░ 40/80 GiB held by ann"]
    unknown = replace(full, sample=replace(sample, memory_used_bytes=None))
    devices.show_survey(Survey((unknown,), "", 1.0, "gpu"), {"GPU-a": True})
    assert "????????  ?/80 GiB" in text(devices)[0]


def test_what_a_run_has_of_the_memory_is_in_its_colour() -> None:
    process = GpuProcess(4711, "ann", "python", 40 << 30)
    sample = GpuSample(0, "GPU-a", "NVIDIA H100", 40 << 30, 80 << 30, 40, 55, processes=(process,))
    held = replace(state("GPU-a", "gpu", 0, free=False), sample=sample, holders=(Holder("ann", "run-1"),))
    devices = DeviceList()
    devices.show_survey(Survey((held,), "", 1.0, "gpu"), {"GPU-a": True}, {"run-1": RunOnGpu("F2", 1, 4711)})
    assert [part for part, style in devices.draw(50, 9)[0] if "series-1" in style] == ["████"]


def test_before_the_first_survey_it_says_what_it_waits_for() -> None:
    assert text(DeviceList()) == ["looking for devices …"]


def test_the_note_of_a_survey_stands_in_the_title() -> None:
    devices = DeviceList()
    devices.show_survey(Survey((state("cpu-0", "cpu", 0),), "no NVIDIA driver here", 1.0, "cpu"), {"cpu-0": True})
    assert str(devices.border_title) == "Devices · no NVIDIA driver here"


def test_partitions_of_slurm_stand_below_the_devices() -> None:
    devices = DeviceList()
    survey = Survey((state("cpu-0", "cpu", 0),), "", 1.0, "cpu")
    partitions = (
        OfferedPartition("gpu", "3 of 4 GPUs taken", gpus=4, taken=3),
        OfferedPartition("all", "2 of 2 GPUs taken", gpus=2, taken=2),
        OfferedPartition("short", "closed", gpus=4, taken=1, is_open=False),
        OfferedPartition("cpu", "no GPU, 2 nodes"),
    )
    devices.show_survey(survey, {"cpu-0": False, "slurm.gpu": True, "slurm.short": False}, {}, partitions)
    assert text(devices, 60) == [
        "[ ] CPU 0       H100                        free",
        "[x] Slurm gpu            ██████░░  3/4 GPUs 1 free",
        "[ ] Slurm all            ████████  2/2 GPUs none free",
        "[ ] Slurm short                             closed",
        "[ ] Slurm cpu                               no GPU, 2 nodes",
    ]
    assert text(devices, 26)[1] == "[x] Slurm gpu   1 free"


def test_a_large_partition_has_numbers_that_are_not_cut() -> None:
    devices = DeviceList()
    devices.show_survey(Survey((), "", 1.0, "cpu"), {}, {}, (OfferedPartition("a100", "", gpus=128, taken=96),))
    assert "   96/128 32 free" in text(devices)[0]
