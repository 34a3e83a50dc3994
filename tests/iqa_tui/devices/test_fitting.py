"""Which run may start on which GPU: whole, by share, by its mode."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest

from iqa_tui.devices.fitting import can_start
from iqa_tui.devices.lease import Holder, take_lease
from iqa_tui.devices.survey import Surveyor
from tests.fakes.lab import Lab
from tests.fakes.needs import GIB, SPEC
from tests.fakes.nvml import FakeGpus


@pytest.fixture
def lease(lab: Lab) -> Iterator[contextlib.ExitStack]:
    """Keeps leases until the test's end."""
    with contextlib.ExitStack() as stack:
        yield stack


def share(lease: contextlib.ExitStack, key: str, gib: int, pid: int, name: str = "F2 L2 (MSE)") -> None:
    holder = Holder("ann", "a-run", pid, name, "/runs", gib * GIB)
    lease.callback(os.close, take_lease(key, holder, room_bytes=80 * GIB))


def test_what_a_run_uses_of_its_share_is_counted_once(lab: Lab, gpus: FakeGpus, lease: contextlib.ExitStack) -> None:
    """80 GiB, half a GiB spare. A run that has reserved 30 uses 20 of them, a stranger 10."""
    with subprocess.Popen(["sleep", "60"]) as trainer:
        gpus.used_mib = {0: 30 * 1024}
        gpus.processes = [(0, trainer.pid, 20 * 1024), (0, 4_000_000, 10 * 1024)]
        gpus.write()
        share(lease, gpus.uuid(0), 30, pid=os.getpid())  # we stand for its supervisor
        state = Surveyor().survey().devices[0]
        trainer.kill()
    assert state.left_bytes == int(39.5 * GIB)
    assert state.reason == "shared by F2 L2 (MSE) of ann (30.0 GiB); 39.5 GiB left"
    need = replace(SPEC, vram_bytes=20 * GIB)
    assert can_start(need, state, "gpu")
    assert not can_start(need, state, "gpu", promised=[20 * GIB])
    assert not can_start(need, state, "gpu", promised=[None])
    assert not can_start(SPEC, state, "gpu")
    # Whose process it is cannot be told any more, so what it uses counts beside what is reserved.
    assert Surveyor().survey().devices[0].left_bytes == int(19.5 * GIB)


def test_a_gpu_whose_memory_is_not_told_is_not_shared(lab: Lab, gpus: FakeGpus) -> None:
    gpus.failures = [(0, "memory", 999), (0, "memory_v2", 3)]
    gpus.write()
    first, second = Surveyor().survey().devices
    need = replace(SPEC, vram_bytes=GIB)
    assert (first.left_bytes, can_start(need, first, "gpu")) == (None, False)
    assert can_start(need, second, "gpu")


def test_a_gpu_with_the_hosts_memory_is_given_whole_and_by_share(lab: Lab, gpus: FakeGpus) -> None:
    gpus.failures = [(0, "memory", 3), (0, "memory_v2", 3)]
    gpus.write()
    unified = Surveyor().survey().devices[0]
    assert unified.reason == "free"
    assert can_start(SPEC, unified, "gpu")
    left = unified.left_bytes
    assert left is not None
    assert left > 0
    assert can_start(replace(SPEC, vram_bytes=left), unified, "gpu")
    assert not can_start(replace(SPEC, vram_bytes=left + 1), unified, "gpu")


def test_a_desktops_gpu_is_shared_by_runs_that_declare_a_need(lab: Lab, gpus: FakeGpus) -> None:
    gpus.used_mib, gpus.graphics = {0: 2000}, [(0, os.getpid(), 2000)]
    gpus.write()
    desktop = Surveyor().survey().devices[0]
    name = psutil.Process().name()
    said = f"2.0 of 80 GiB are used by graphics processes ({name}): `vram` in the plan lets a run share it"
    assert desktop.reason == said
    assert not can_start(SPEC, desktop, "gpu")
    assert can_start(replace(SPEC, vram_bytes=10 * GIB), desktop, "gpu")


def test_a_gpu_in_exclusive_mode_is_given_whole_also_to_a_run_that_declares_a_need(
    lab: Lab, gpus: FakeGpus, lease: contextlib.ExitStack
) -> None:
    gpus.modes = {0: 3, 1: 3}
    gpus.processes = [(1, 4_000_000, 500)]
    gpus.write()
    need, too_much = (replace(SPEC, vram_bytes=gib * GIB) for gib in (20, 80))
    exclusive, held = Surveyor().survey().devices
    assert (exclusive.reason, exclusive.left_bytes, exclusive.device.room_bytes) == ("free", None, None)
    assert [can_start(spec, exclusive, "gpu") for spec in (SPEC, need, too_much)] == [True, True, False]
    assert not can_start(need, exclusive, "gpu", promised=[GIB])  # a run before it gets it, and has it whole
    assert held.reason == "held by pid 4000000 (0.5 GiB); its compute mode is exclusive process, so no run shares it"
    assert not can_start(need, held, "gpu")
    lease.callback(os.close, take_lease(gpus.uuid(0), Holder("ann", "a-run", 1, "F2 L2 (MSE)", "/runs")))
    taken = Surveyor().survey().devices[0]
    assert taken.reason == "runs F2 L2 (MSE) of ann; its compute mode is exclusive process, so no run shares it"
    assert not can_start(need, taken, "gpu")


def test_a_gpu_in_prohibited_mode_gets_no_run_at_all(lab: Lab, gpus: FakeGpus) -> None:
    gpus.modes = {0: 2}
    gpus.write()
    prohibited, other = Surveyor().survey().devices
    assert prohibited.reason == "its compute mode is prohibited: `sudo nvidia-smi -i 0 -c 0` lets runs have it"
    assert not can_start(SPEC, prohibited, "gpu")
    assert not can_start(replace(SPEC, vram_bytes=GIB), prohibited, "gpu")
    assert other.free
