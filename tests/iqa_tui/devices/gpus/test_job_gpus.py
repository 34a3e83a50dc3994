"""The GPUs of a job of Slurm, on a driver that the test makes."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from iqa_tui.processes.start import child_environment
from tests.fakes.nvml import DRIVER_NOT_LOADED, NO_PERMISSION, FakeGpus
from training.runfolder.machine import GpuUse

MIB = 1 << 20
LOOK = """
import json, sys
from dataclasses import asdict
from iqa_tui.devices.gpus.job_gpus import JobGpus
from iqa_tui.devices.gpus.visible import JobMask
gpus = JobGpus(JobMask(*json.loads(sys.argv[1])), is_alone=True)
print(json.dumps([[asdict(use) for use in gpus.look([71])], gpus.why]))
"""


@dataclass(frozen=True)
class Told:
    uses: list[GpuUse]
    why: str

    @property
    def keys(self) -> list[str]:
        return [use.key for use in self.uses]


def told(visible: str | None, given: int = 1) -> Told:
    command = [sys.executable, "-c", LOOK, json.dumps([visible, given, True])]
    answer = subprocess.run(command, env=child_environment(), capture_output=True, check=True, timeout=60).stdout
    uses, why = json.loads(answer)
    return Told([GpuUse(**use) for use in uses], why)


def test_numbers_are_places_in_pci_order_whatever_the_drivers_own(gpus: FakeGpus) -> None:
    gpus.bus_ids = ["00000000:41:00.0", "00000000:01:00.0"]
    gpus.processes = [(1, 71, 300)]
    gpus.percent = {1: 97}
    gpus.write()
    (use,) = told("0").uses
    assert (use.key, use.utilisation_percent, use.memory_bytes) == (gpus.uuid(1), 97, 300 * MIB)


def test_a_gpu_that_the_cgroup_forbids_is_not_counted(gpus: FakeGpus) -> None:
    gpus.failures = [(0, "handle", NO_PERMISSION)]
    gpus.write()
    assert told("0").keys == [gpus.uuid(1)]
    assert told(None).keys == [gpus.uuid(1)]


def test_an_instance_is_found_by_both_of_its_names(gpus: FakeGpus) -> None:
    gpus.parts = [(0, 0, 900), (0, 2, 400)]
    gpus.write()
    assert told(gpus.part_uuid(0, 2)).keys == [gpus.part_uuid(0, 2)]
    assert told(f"MIG-{gpus.uuid(0)}/9/0").keys == [gpus.part_uuid(0, 2)]


def test_without_a_driver_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FakeGpus(tmp_path / "driver", init=DRIVER_NOT_LOADED).seen_by(monkeypatch)
    assert told("0") == Told([], "No NVIDIA driver found")
