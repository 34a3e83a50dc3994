"""What the machine shows of a run, as curves: on the clock and the steps of its events, whatever was removed."""

from __future__ import annotations

import math
import os
from array import array
from pathlib import Path

import pytest

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.curves import Curve
from iqa_tui.monitor.machine import MachineCurves
from iqa_tui.monitor.state import RunState
from tests.fakes.run_folders import FakeRun
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.machine import GpuUse, MachineLog, MachineSample
from training.runfolder.phase import Phase, Status
from training.runfolder.schema import ExitRecord

GIB = 1 << 30
LOSS = Curve().extended(array("d", [1, 2, 3]), array("d", [100, 110, 120]), array("d", [0.3, 0.2, 0.1]))


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


def sample(t: float, *gpus: GpuUse, attempt: int = 1, memory: int | None = GIB) -> MachineSample:
    return MachineSample(t, attempt, memory, 1, list(gpus))


def state_of(run: RunFolder, attempt: int = 1) -> RunState:
    return RunState(run, Status(Phase.RUNNING, attempt=attempt))


def test_a_sample_stands_at_the_step_that_the_run_was_at(run: RunFolder) -> None:
    log, curves = MachineLog(run, 1), MachineCurves(run)
    for t in (95, 105, 110, 300):
        log.append(sample(t))
    curves.read(LOSS)
    memory = curves.added_to(state_of(run)).metrics["machine/memory_bytes"]
    assert list(memory.steps) == [0, 1, 2, 3]
    assert list(memory.times) == [95, 105, 110, 300]
    assert list(memory.values) == [GIB] * 4


def test_why_the_gpus_are_not_known_is_told_until_they_are(run: RunFolder) -> None:
    log, curves = MachineLog(run, 1), MachineCurves(run)
    log.append(MachineSample(1, 1, GIB, 1, [], gpus_unknown="a\x1b[31mnumber"))
    curves.read(LOSS)
    unknown = curves.added_to(state_of(run))
    assert "number" in unknown.gpus_unknown
    assert "\x1b" not in unknown.gpus_unknown
    log.append(sample(2, GpuUse("a", 0, 10 * GIB)))
    curves.read(LOSS)
    assert curves.added_to(unknown).gpus_unknown == ""


def test_gpus_are_summed_and_their_use_is_a_mean(run: RunFolder) -> None:
    one, two = GpuUse("a", 0, 10 * GIB, 90, 400.0, 60), GpuUse("b", 1, 20 * GIB, 50, 300.5, 61)
    silent = GpuUse("a", 0)
    log, curves = MachineLog(run, 1), MachineCurves(run)
    log.append(sample(1, one, two))
    log.append(sample(2, silent, two))
    log.append(sample(3, silent))
    curves.read(LOSS)
    state = curves.added_to(state_of(run))
    values = {
        name: [None if math.isnan(value) else value for value in curve.values] for name, curve in state.metrics.items()
    }
    assert values == {
        "machine/memory_bytes": [GIB] * 3,
        "machine/gpu_memory_bytes": [30 * GIB, 20 * GIB, None],
        "machine/gpu_utilisation_percent": [70, 50, None],
        "machine/gpu_power_watts": [700.5, 300.5, None],
    }
    assert state.peak_gpu_memory_bytes == 30 * GIB


def test_a_run_on_the_cpu_has_memory_alone(run: RunFolder) -> None:
    curves = MachineCurves(run)
    MachineLog(run, 1).append(sample(1))
    curves.read(LOSS)
    state = curves.added_to(state_of(run))
    assert list(state.metrics) == ["machine/memory_bytes"]
    assert state.peak_gpu_memory_bytes is None


def test_only_what_is_new_is_read_and_nothing_new_is_the_same_state(run: RunFolder) -> None:
    log, curves = MachineLog(run, 1), MachineCurves(run)
    log.append(sample(1))
    curves.read(LOSS)
    first = curves.added_to(state_of(run))
    curves.read(LOSS)
    assert curves.added_to(first) is first
    log.append(sample(2))
    curves.read(LOSS)
    second = curves.added_to(first)
    assert [len(each.metrics["machine/memory_bytes"]) for each in (first, second)] == [1, 2]


def test_a_thinned_file_is_read_anew(run: RunFolder) -> None:
    log, curves = MachineLog(run, 1, most_lines=4), MachineCurves(run)
    state = state_of(run)
    for t in range(1, 6):
        log.append(sample(t))
        curves.read(LOSS)
        state = curves.added_to(state)
    assert list(state.metrics["machine/memory_bytes"].times) == [2, 4, 5]


def test_a_clock_that_was_set_back_and_a_run_that_went_back_leave_curves_that_never_fall(run: RunFolder) -> None:
    log, curves = MachineLog(run, 1), MachineCurves(run)
    for t in (105, 300):
        log.append(sample(t))
    curves.read(LOSS)
    for t in (200, 210):
        log.append(sample(t, attempt=2))
    curves.read(LOSS.before(2))
    memory = curves.added_to(state_of(run)).metrics["machine/memory_bytes"]
    assert list(memory.times) == [105, 300, 300, 310]
    assert list(memory.steps) == [1, 3, 3, 3]


def test_the_record_of_the_end_is_believed_before_the_samples_and_each_attempt_has_its_own(run: RunFolder) -> None:
    curves = MachineCurves(run)
    MachineLog(run, 1).append(sample(1, GpuUse("a", 0, 7 * GIB)))
    MachineLog(run, 2).append(sample(2, GpuUse("a", 0, 3 * GIB), attempt=2))
    curves.read(LOSS)
    assert curves.added_to(state_of(run, 1)).peak_gpu_memory_bytes == 7 * GIB
    assert curves.added_to(state_of(run, 2)).peak_gpu_memory_bytes == 3 * GIB
    assert curves.added_to(state_of(run, 3)).peak_gpu_memory_bytes is None
    record = ExitRecord(ExitKind.FINISHED, "", 1.0, 1.0, peak_gpu_memory_bytes=8 * GIB)
    ended = RunState(run, Status(Phase.FINISHED, attempt=2), exit=record)
    assert curves.added_to(ended).peak_gpu_memory_bytes == 8 * GIB


def test_samples_of_a_run_that_is_looked_at_are_curves_of_its_state_and_grow(tmp_path: Path) -> None:
    fake = FakeRun.queue(tmp_path, "F2").start(at=1000.0).train(20)
    held = fake.hold()
    log = MachineLog(fake.run, 1)
    log.append(sample(1006, GpuUse("GPU-fake-0", 0, 5 * GIB)))
    catalog = Catalog(tmp_path)
    (state,) = catalog.refresh()
    assert list(state.metrics["machine/gpu_memory_bytes"].values) == [5 * GIB]
    assert list(state.metrics["machine/gpu_memory_bytes"].steps) == [8]
    assert state.peak_gpu_memory_bytes == 5 * GIB
    log.append(sample(1016, GpuUse("GPU-fake-0", 0, 4 * GIB)))
    (state,) = catalog.refresh()
    assert list(state.metrics["machine/gpu_memory_bytes"].values) == [5 * GIB, 4 * GIB]
    assert state.peak_gpu_memory_bytes == 5 * GIB
    (same,) = catalog.refresh()
    assert same is state
    for descriptor in held:
        os.close(descriptor)
