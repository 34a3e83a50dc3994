"""The real pynvml on a driver that the test makes: what is told, what fails alone, and no driver at all."""

from __future__ import annotations

import getpass
import os
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from iqa_tui.devices.gpus.driver import Driver, Reading
from iqa_tui.devices.gpus.free import why_busy
from iqa_tui.devices.gpus.sample import GpuProcess, GpuSample
from iqa_tui.devices.survey import open_driver
from iqa_tui.processes.start import child_environment, program
from tests.fakes.lab import wait_until
from tests.fakes.nvml import (
    DRIVER_NOT_LOADED,
    GPU_IS_LOST,
    NOT_READY,
    NOT_SUPPORTED,
    UNKNOWN,
    VERSION_MISMATCH,
    FakeGpus,
)

MIB = 1 << 20
MISMATCH = "The NVIDIA driver does not answer (its library and its kernel module are of different versions: reboot)"


def ask(gpus: FakeGpus) -> Reading:
    """One look, by a process of its own as always."""
    gpus.write()
    driver = open_driver()
    try:
        return driver.look()
    finally:
        driver.close()


def samples(gpus: FakeGpus) -> tuple[GpuSample, ...]:
    reading = ask(gpus)
    assert reading.is_fresh, reading.trouble
    return reading.samples


def idle(gpus: FakeGpus, number: int) -> GpuSample:
    return GpuSample(
        *(number, gpus.uuid(number), "H100", 4 * MIB, 81_920 * MIB, 0, 41, 61.5, ()),
        graphics=(),
        has_persistence=True,
    )


@pytest.mark.parametrize("count", [1, 4, 8])
def test_every_field_of_every_gpu_is_told(gpus: FakeGpus, count: int) -> None:
    gpus.count = count
    assert samples(gpus) == tuple(idle(gpus, number) for number in range(count))


def test_who_uses_a_gpu_is_named(gpus: FakeGpus) -> None:
    gpus.processes = [(1, os.getpid(), 512)]
    gpus.percent = {1: 97}
    first, second = samples(gpus)
    assert first == idle(gpus, 0)
    assert second.utilisation_percent == 97
    (process,) = second.processes or ()
    assert (process.pid, process.user, process.memory_used_bytes) == (os.getpid(), getpass.getuser(), 512 * MIB)
    assert process.started is not None
    assert str(why_busy(second, process.started + 7200)).startswith(f"held by {getpass.getuser()}, pid {os.getpid()} ")
    assert str(why_busy(second, process.started + 7200)).endswith("(0.5 GiB, 2.0 h)")


@pytest.mark.parametrize("code", [NOT_SUPPORTED, UNKNOWN])
def test_a_field_that_fails_is_none_and_the_rest_stands(gpus: FakeGpus, code: int) -> None:
    gpus.count = 4
    fields = {
        "utilisation": "utilisation_percent",
        "temperature": "temperature_celsius",
        "power": "power_watts",
        "processes": "processes",
    }
    gpus.failures = [(number, field, code) for number, field in enumerate(fields)]
    for number, (sample, name) in enumerate(zip(samples(gpus), fields.values(), strict=True)):
        assert sample == replace(idle(gpus, number), **{name: None})


def test_names_and_places_that_fail_cost_no_gpu(gpus: FakeGpus) -> None:
    gpus.count = 3
    gpus.failures = [(0, "name", UNKNOWN), (1, "uuid", UNKNOWN), (2, "pci", UNKNOWN)]
    first, second, third = samples(gpus)
    assert first == replace(idle(gpus, 0), name="GPU", by_uuid=True)  # CUDA's order is not known any more
    assert second.uuid == "GPU-1"
    assert "does not tell its UUID" in str(why_busy(second, 0.0))
    assert third == replace(idle(gpus, 2), by_uuid=True)


def test_memory_falls_back_to_the_old_question_and_says_so(gpus: FakeGpus) -> None:
    gpus.failures = [(0, "memory_v2", NOT_SUPPORTED), (1, "memory_v2", NOT_SUPPORTED), (1, "memory", UNKNOWN)]
    first, second = samples(gpus)
    assert (first.memory_used_bytes, first.memory_counts_reserve) == (916 * MIB, True)
    assert why_busy(first, 0.0) is None
    assert (second.memory_used_bytes, second.memory_total_bytes) == (None, None)
    assert why_busy(second, 0.0) is not None


def test_a_library_without_the_new_question_is_asked_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = FakeGpus(tmp_path / "driver", count=1, is_old=True).seen_by(monkeypatch)
    assert samples(old) == (replace(idle(old, 0), memory_used_bytes=916 * MIB, memory_counts_reserve=True),)


def test_a_process_that_cannot_be_seen_is_a_bare_number(gpus: FakeGpus) -> None:
    gpus.processes = [(0, 4_000_000, 10)]
    assert samples(gpus)[0].processes == (GpuProcess(4_000_000, memory_used_bytes=10 * MIB),)


def test_gpus_are_counted_in_pci_order(gpus: FakeGpus) -> None:
    gpus.bus_ids = ["00000000:C1:00.0", "00000000:01:00.0"]
    assert [(sample.index, sample.uuid) for sample in samples(gpus)] == [(0, gpus.uuid(1)), (1, gpus.uuid(0))]


def test_the_parts_of_a_divided_gpu_stand_for_it(gpus: FakeGpus) -> None:
    gpus.parts = [(0, 0, 12), (0, 2, 4000)]
    gpus.processes = [(-3, 4_000_000, 3000)]
    first, third, whole = samples(gpus)
    assert first == GpuSample(
        *(0, gpus.part_uuid(0, 0), "MIG-1g.10gb", 12 * MIB, 10_240 * MIB, None, 41, 61.5, ()),
        instance=0,
        by_uuid=True,
        graphics=(),
        has_persistence=True,
    )
    assert why_busy(first, 0.0) is None
    assert third.instance == 2
    assert str(why_busy(third, 0.0)).startswith("held by pid 4000000")
    assert whole == replace(idle(gpus, 1), by_uuid=True)  # beside instances CUDA counts otherwise


def test_a_gpu_that_is_lost_says_so_and_the_others_go_on(gpus: FakeGpus) -> None:
    gpus.failures = [(0, "*", GPU_IS_LOST)]
    first, second = samples(gpus)
    assert first.problem == "the driver has lost it: reset it or reboot"
    assert (first.memory_used_bytes, first.utilisation_percent, first.processes) == (None, None, None)
    assert replace(second, by_uuid=False) == idle(gpus, 1)
    gpus.failures = [(0, "handle", GPU_IS_LOST)]
    first, second = samples(gpus)
    assert first.problem == "the driver cannot find it: reset it or reboot"
    assert replace(second, by_uuid=False) == idle(gpus, 1)


@pytest.mark.parametrize(
    ("changes", "words", "is_normal"),
    [
        ({"init": DRIVER_NOT_LOADED}, "No NVIDIA driver found", True),
        ({"count": 0}, "The NVIDIA driver sees no GPU", True),
        ({"init": VERSION_MISMATCH}, MISMATCH, False),
        ({"init": UNKNOWN}, "The NVIDIA driver does not answer (Unknown Error)", False),
        ({"says": ["fail -1 count 999"]}, "The NVIDIA driver does not answer (Unknown Error)", False),
    ],
)
def test_without_an_answer_there_is_a_reason(
    gpus: FakeGpus, changes: dict[str, object], words: str, is_normal: bool
) -> None:
    for name, value in changes.items():
        setattr(gpus, name, value)
    reading = ask(gpus)
    assert (reading.samples, reading.trouble, reading.is_normal) == ((), words, is_normal)


def test_no_driver_is_a_normal_machine() -> None:
    driver = open_driver()
    reading = driver.look()
    driver.close()
    assert (reading.trouble, reading.is_normal) == ("No NVIDIA driver found", True)


def test_the_driver_tells_its_version_and_the_newest_cuda_it_runs(gpus: FakeGpus) -> None:
    reading = ask(gpus)
    assert (reading.driver_version, reading.cuda_version) == ("535.104.05", (12, 2))


def test_modes_are_told_and_a_prohibited_one_closes_the_gpu_with_the_way_out(gpus: FakeGpus) -> None:
    gpus.count = 3
    gpus.modes, gpus.sleepy = {0: 3, 1: 2}, [2]
    gpus.bus_ids = ["00000000:C1:00.0", "00000000:01:00.0", "00000000:D1:00.0"]  # nvidia-smi counts otherwise
    prohibited, exclusive, default = samples(gpus)
    assert (exclusive.is_exclusive, exclusive.problem, why_busy(exclusive, 0.0)) == (True, "", None)
    assert prohibited.problem == "its compute mode is prohibited: `sudo nvidia-smi -i 1 -c 0` lets runs have it"
    assert (default.is_exclusive, default.problem, default.has_persistence) == (False, "", False)
    gpus.failures = [(2, "mode", NOT_SUPPORTED), (2, "persistence", NOT_SUPPORTED)]
    *_, silent = samples(gpus)
    assert (silent.is_exclusive, silent.has_persistence) == (False, None)


def test_a_gpu_without_memory_of_its_own_has_the_hosts(gpus: FakeGpus) -> None:
    gpus.failures = [(0, "memory_v2", NOT_SUPPORTED), (0, "memory", NOT_SUPPORTED)]
    unified, own = samples(gpus)
    assert (unified.shares_host_memory, own.shares_host_memory) == (True, False)
    assert unified.memory_total_bytes == psutil.virtual_memory().total
    assert 0 < (unified.memory_used_bytes or 0) < (unified.memory_total_bytes or 0)
    assert why_busy(unified, 0.0) is None


def test_a_part_of_a_gpu_whose_memory_is_not_told_does_not_have_the_hosts(gpus: FakeGpus) -> None:
    gpus.parts = [(0, 0, 12)]
    gpus.failures = [(0, "memory_v2", NOT_SUPPORTED), (0, "memory", NOT_SUPPORTED)]
    part, _ = samples(gpus)
    assert (part.shares_host_memory, part.memory_used_bytes) == (False, None)


def test_a_gpu_that_is_being_woken_up_is_not_to_be_reset_and_is_seen_once_it_is_awake(gpus: FakeGpus) -> None:
    gpus.failures = [(1, "handle", NOT_READY)]
    gpus.write()
    driver = open_driver()
    try:
        _, asleep = driver.look().samples
        assert asleep.problem.startswith("the driver is waking it up (")
        assert "`sudo nvidia-smi -pm 1` (persistence mode) keeps it awake" in asleep.problem
        assert "reset" not in asleep.problem
        gpus.failures = [(1, "handle", UNKNOWN)]
        gpus.write()
        wait_until(lambda: "does not show it (Unknown Error)" in driver.look().samples[1].problem, "another reason")
        gpus.failures = []
        gpus.write()
        wait_until(lambda: driver.look().samples[1] == idle(gpus, 1), "the GPU to be seen")
    finally:
        driver.close()


def test_a_library_that_cannot_be_loaded_beside_a_driver_is_no_machine_without_gpus(
    gpus: FakeGpus, tmp_path: Path
) -> None:
    (gpus.folder / "libnvidia-ml.so.1").write_bytes(b"cut off by a full disk")
    command = program("iqa_tui.devices.gpus.sampler", str(tmp_path))
    assert Driver(command, child_environment()).look().is_normal
    (tmp_path / "nvidiactl").touch()
    reading = Driver(command, child_environment()).look()
    assert not reading.is_normal
    assert reading.trouble == "The NVIDIA driver is there, but its library (libnvidia-ml.so.1) cannot be loaded"
