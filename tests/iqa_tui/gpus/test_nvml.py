"""The real pynvml on a driver that the test makes: what is told, what fails alone, and no driver at all."""

from __future__ import annotations

import getpass
import os
from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.gpus import nvml
from iqa_tui.gpus.driver import Reading
from iqa_tui.gpus.free import why_busy
from iqa_tui.gpus.sample import GpuProcess, GpuSample
from iqa_tui.launch.devices import open_driver
from tests.fakes.nvml import DRIVER_NOT_LOADED, GPU_IS_LOST, NOT_SUPPORTED, UNKNOWN, VERSION_MISMATCH, FakeGpus

MIB = 1 << 20
MISMATCH = "The NVIDIA driver does not answer (its library and its kernel module are of different versions: reboot)"


@pytest.fixture
def gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeGpus:
    made = FakeGpus(tmp_path / "driver", count=2)
    for name, value in made.env.items():
        monkeypatch.setenv(name, value)
    return made


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
    return GpuSample(number, gpus.uuid(number), "H100", 4 * MIB, 81_920 * MIB, 0, 41, 61.5, ())


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
    assert str(why_busy(second, process.started + 7200)).endswith("(0.5 GiB, 2 h)")


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
    gpus.failures = [(0, "memory_v2", NOT_SUPPORTED), (1, "memory_v2", NOT_SUPPORTED), (1, "memory", NOT_SUPPORTED)]
    first, second = samples(gpus)
    assert (first.memory_used_bytes, first.memory_counts_reserve) == (916 * MIB, True)
    assert why_busy(first, 0.0) is None
    assert (second.memory_used_bytes, second.memory_total_bytes) == (None, None)
    assert why_busy(second, 0.0) is not None


def test_a_library_without_the_new_question_is_asked_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = FakeGpus(tmp_path / "driver", count=1, is_old=True)
    for name, value in old.env.items():
        monkeypatch.setenv(name, value)
    assert samples(old) == (replace(idle(old, 0), memory_used_bytes=916 * MIB, memory_counts_reserve=True),)


def test_a_process_that_cannot_be_seen_is_a_bare_number(gpus: FakeGpus) -> None:
    gpus.processes = [(0, 4_000_000, 10)]
    assert samples(gpus)[0].processes == (GpuProcess(4_000_000, memory_used_bytes=10 * MIB),)


def test_in_a_container_the_hosts_number_is_not_taken_for_a_process_in_here(monkeypatch: pytest.MonkeyPatch) -> None:
    assert nvml._process(os.getpid(), 7).user == getpass.getuser()
    monkeypatch.setattr(nvml, "counts_as_the_host", lambda: False)
    assert nvml._process(os.getpid(), 7) == GpuProcess(os.getpid(), memory_used_bytes=7)
    monkeypatch.setattr(nvml, "DRIVER_FILES", "/dev/null")
    with Path("/dev/null").open():
        assert nvml._process(os.getpid(), 7).user == getpass.getuser()  # it has the driver open: it is the one


def test_gpus_are_counted_in_pci_order(gpus: FakeGpus) -> None:
    gpus.bus_ids = ["00000000:C1:00.0", "00000000:01:00.0"]
    assert [(sample.index, sample.uuid) for sample in samples(gpus)] == [(0, gpus.uuid(1)), (1, gpus.uuid(0))]


def test_the_parts_of_a_divided_gpu_stand_for_it(gpus: FakeGpus) -> None:
    gpus.parts = [(0, 0, 12), (0, 2, 4000)]
    gpus.processes = [(-3, 4_000_000, 3000)]
    first, third, whole = samples(gpus)
    assert first == GpuSample(
        0, gpus.part_uuid(0, 0), "MIG-1g.10gb", 12 * MIB, 10_240 * MIB, None, 41, 61.5, (), instance=0, by_uuid=True
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
