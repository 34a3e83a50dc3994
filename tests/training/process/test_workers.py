"""The processes beside the one of a run: they end with it, and it ends in words if one of them is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.photographs import write_csv_dataset
from tests.fakes.trainer_processes import SMALL, start, wait_for_steps
from tests.fakes.trouble import events_of
from training.process import workers
from training.runfolder.exits import EXIT_STOPPED
from training.runfolder.layout import RunFolder

FLAGS = [
    *(word for word in SMALL if word != "--attention_fusion"),
    *("--backbone", "test_convnext", "--precision", "fp32", "--processes", 2, "--batch_size", 4),
    *("--train_patch_num", 200),
]
"""Of a run that takes longer than a test."""


def test_each_process_has_its_own_gpu_first_and_sees_all_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    hello = workers.Hello(
        {"processes": 3}, 1, 1, -1, -1, device="cuda", precision="fp32", trains_in_fp32=False, threads=2
    )
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-a,GPU-b,GPU-c")
    seen = workers._environment(hello)
    assert (seen["CUDA_VISIBLE_DEVICES"], seen["OMP_NUM_THREADS"]) == ("GPU-b,GPU-c,GPU-a", "2")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert workers._environment(replace(hello, rank=2))["CUDA_VISIBLE_DEVICES"] == "2,0,1"
    assert "CUDA_VISIBLE_DEVICES" not in workers._environment(replace(hello, device="cpu"))


def children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 60
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A run by hand in a process group of its own, with one worker; ended whatever the test does."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    run = RunFolder(tmp_path / "run")
    data = write_csv_dataset(tmp_path / "data")
    process = start(*FLAGS, "--data_path", data, "--run_folder", run.path)
    wait_for_steps(run, process)
    (worker,) = children_of(process.pid)
    yield run, process, worker
    process.kill()
    process.communicate()


def test_a_killed_worker_ends_the_run_in_words(at_work: tuple[RunFolder, subprocess.Popen[str], int]) -> None:
    run, process, worker = at_work
    os.kill(worker, signal.SIGKILL)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    words = f"process 2 of 2 (pid {worker}) was killed by SIGKILL; --resume goes on from the last checkpoint"
    assert stderr.splitlines()[-1] == f"error: {words}"
    assert events_of(run, "ended")[-1]["how"] == "failed"


def test_no_worker_outlives_the_killed_process_of_its_run_and_no_file_does(
    at_work: tuple[RunFolder, subprocess.Popen[str], int], tmp_path: Path
) -> None:
    _, process, worker = at_work
    process.kill()
    process.wait()
    wait_until_gone(worker)
    assert [path.name for path in (tmp_path / "temporary").iterdir() if path.name.startswith("iqa-tui")] == []


def test_a_signal_to_all_stops_between_steps_with_a_checkpoint_and_a_resume_finishes(
    at_work: tuple[RunFolder, subprocess.Popen[str], int], tmp_path: Path
) -> None:
    run, process, worker = at_work
    os.kill(worker, signal.SIGTERM)
    os.kill(worker, signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == EXIT_STOPPED, stderr
    wait_until_gone(worker)
    assert events_of(run, "ended")[-1]["saved"]
    assert list(run.path.rglob("*.pt")) == [run.last_checkpoint]
