"""What the supervisor of a job of Slurm lets its sampler ask the driver."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.fakes.nvml import FakeGpus, gpus
from tests.fakes.slurm import slurm
from tests.fakes.slurm_job import Start, queue, start, wait_for
from training.runfolder.machine import MachineSample, parse_sample

__all__ = ["gpus", "slurm", "start"]


@pytest.mark.parametrize(("visible", "number"), [("1", 1), ("7", None)])
def test_its_samples_tell_of_the_gpus_that_slurm_gave_or_why_they_cannot(
    start: Start, tmp_path: Path, gpus: FakeGpus, visible: str, number: int | None
) -> None:
    gpus.percent = {0: 11, 1: 97}
    gpus.write()
    run = queue(tmp_path, "waits")
    process = start(run, CUDA_VISIBLE_DEVICES=visible, IQA_TUI_HASTE="20")
    wait_for(run.machine)
    deadline = time.monotonic() + 30
    told = MachineSample(0.0, 1, gpus_unknown="not yet")
    while "yet" in told.gpus_unknown and time.monotonic() < deadline:
        samples = [parse_sample(line) for line in run.machine.read_bytes().splitlines()]
        told = next((sample for sample in reversed(samples) if sample is not None), told)
        time.sleep(0.05)
    (run.path / "go").touch()
    assert process.wait(30) == 0
    if number is None:
        assert told.gpus == []
        assert told.gpus_unknown == "CUDA_VISIBLE_DEVICES is 7, and the driver shows the job 2 GPUs"
    else:
        assert [(gpu.key, gpu.utilisation_percent) for gpu in told.gpus] == [(gpus.uuid(number), 97)]
        assert told.gpus_unknown == ""
