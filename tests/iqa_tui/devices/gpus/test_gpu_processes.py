"""Which processes use a GPU, on a driver that the test makes."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from iqa_tui.devices.gpus import gpu_processes
from iqa_tui.devices.gpus.driver import Driver
from iqa_tui.devices.gpus.sample import GpuProcess
from tests.fakes.nvml import NOT_SUPPORTED, FakeGpus

MIB = 1 << 20


def test_processes_that_draw_are_told_apart_from_those_that_compute(
    gpus: FakeGpus, open_driver: Callable[..., Driver]
) -> None:
    gpus.graphics = [(0, 4_000_001, 620)]
    gpus.processes = [(0, 4_000_002, 30)]
    gpus.write()
    first, second = open_driver().look().samples
    assert first.graphics == (GpuProcess(4_000_001, memory_used_bytes=620 * MIB),)
    assert first.processes == (GpuProcess(4_000_002, memory_used_bytes=30 * MIB),)
    assert (second.graphics, second.processes) == ((), ())


def test_clients_of_an_mps_server_compute_and_are_named_once(
    gpus: FakeGpus, open_driver: Callable[..., Driver]
) -> None:
    gpus.processes = [(0, 4_000_001, 30), (0, 4_000_002, 500)]
    gpus.clients = [(0, 4_000_002, 500), (0, 4_000_003, 700)]
    gpus.write()
    driver = open_driver()
    assert [process.pid for process in driver.look().samples[0].processes or ()] == [4_000_001, 4_000_002, 4_000_003]
    gpus.failures = [(0, "clients", NOT_SUPPORTED), (0, "graphics", NOT_SUPPORTED)]
    gpus.write()
    sample = driver.look().samples[0]
    assert [process.pid for process in sample.processes or ()] == [4_000_001, 4_000_002]
    assert sample.graphics is None


def test_in_a_container_the_hosts_number_is_not_taken_for_a_process_in_here(monkeypatch: pytest.MonkeyPatch) -> None:
    assert gpu_processes.described(os.getpid(), 7).user == getpass.getuser()
    monkeypatch.setattr(gpu_processes, "counts_as_the_host", lambda: False)
    assert gpu_processes.described(os.getpid(), 7) == GpuProcess(os.getpid(), memory_used_bytes=7)
    monkeypatch.setattr(gpu_processes, "DRIVER_FILES", "/dev/null")
    with Path("/dev/null").open():  # it has the driver open: it is the one
        assert gpu_processes.described(os.getpid(), 7).user == getpass.getuser()
