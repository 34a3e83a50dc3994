"""What one run uses of its GPUs, on a driver that the test makes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass

import pytest

from iqa_tui.processes.start import child_environment
from tests.fakes.nvml import NO_PERMISSION, NOT_SUPPORTED, UNKNOWN, FakeGpus
from training.runfolder.machine import GpuUse

MIB = 1 << 20
LOOK = """
import json, sys
from dataclasses import asdict
from iqa_tui.devices.gpus import gpu_processes, run_gpus
from training.runfolder.machine import GpuUse
asked = json.loads(sys.argv[1])
gpu_processes.counts_as_the_host = run_gpus.counts_as_the_host = lambda: asked["sees_the_host"]
gpus = run_gpus.RunGpus([GpuUse(key, number) for number, key in enumerate(asked["keys"])], is_alone=asked["is_alone"])
print(json.dumps([asdict(use) for use in gpus.look(asked["pids"])]))
"""


@dataclass
class Asking:
    """A process that asks the driver as a sampler does."""

    keys: list[str]
    pids: list[int]
    is_alone: bool = True
    sees_the_host: bool = True

    def answer(self) -> list[GpuUse]:
        command = [sys.executable, "-c", LOOK, json.dumps(asdict(self))]
        answer = subprocess.run(command, env=child_environment(), capture_output=True, check=True, timeout=60).stdout
        return [GpuUse(**use) for use in json.loads(answer)]

    def memory(self) -> int | None:
        (use,) = self.answer()
        return use.memory_bytes


def test_a_run_s_memory_is_that_of_its_processes_and_the_rest_is_the_gpu_s(gpus: FakeGpus) -> None:
    gpus.processes = [(1, 71, 300), (1, 72, 200), (1, 99, 5000), (0, 71, 7)]
    gpus.percent = {1: 97}
    gpus.used_mib = {1: 5600}
    gpus.write()
    uuid = gpus.uuid(1)
    assert Asking([uuid], [71, 72, 73]).answer() == [GpuUse(uuid, 0, 500 * MIB, 97, 61.5, 41)]


def test_a_run_that_uses_nothing_yet_has_nothing(gpus: FakeGpus) -> None:
    gpus.processes = [(0, 99, 5000)]
    gpus.used_mib = {0: 5000}
    gpus.write()
    assert Asking([gpus.uuid(0)], [71]).memory() == 0


def test_in_a_container_all_that_is_used_is_the_run_s_if_it_is_alone_and_unknown_otherwise(gpus: FakeGpus) -> None:
    gpus.processes = [(0, 4_000_001, 5000)]
    gpus.used_mib = {0: 5100}
    gpus.write()
    asking = Asking([gpus.uuid(0)], [os.getpid()], sees_the_host=False)
    assert asking.memory() == 5100 * MIB
    asking.is_alone = False
    assert asking.memory() is None


def test_a_driver_that_names_no_processes_tells_what_is_used(gpus: FakeGpus) -> None:
    gpus.failures = [(0, "processes", NOT_SUPPORTED)]
    gpus.used_mib = {0: 700}
    gpus.write()
    assert Asking([gpus.uuid(0)], [71]).memory() == 700 * MIB


def test_a_part_of_a_gpu_has_the_power_of_the_whole(gpus: FakeGpus) -> None:
    gpus.parts = [(0, 1, 900)]
    gpus.processes = [(-2, 71, 800)]
    gpus.write()
    uuid = gpus.part_uuid(0, 1)
    assert Asking([uuid], [71]).answer() == [GpuUse(uuid, 0, 800 * MIB, None, 61.5, 41)]


@pytest.mark.parametrize("field", ["handle", "*"])
def test_each_gpu_fails_alone(gpus: FakeGpus, field: str) -> None:
    gpus.failures = [(0, field, UNKNOWN)]
    gpus.processes = [(1, 71, 300)]
    gpus.write()
    lost, well = Asking([gpus.uuid(0), gpus.uuid(1)], [71]).answer()
    assert lost == GpuUse(gpus.uuid(0), 0)
    assert (well.memory_bytes, well.power_watts) == (300 * MIB, 61.5)


def test_a_driver_that_does_not_start_tells_nothing(gpus: FakeGpus) -> None:
    gpus.init = NO_PERMISSION
    gpus.write()
    assert Asking([gpus.uuid(0)], [71]).answer() == [GpuUse(gpus.uuid(0), 0)]
