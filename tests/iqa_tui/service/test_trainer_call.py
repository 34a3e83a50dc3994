"""How a trainer is called: its command line and its environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.processes.marks import Mark
from iqa_tui.service.trainer_call import trainer_command, trainer_environment
from tests.fakes.lab import (
    CPU_0,
    Lab,
)
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_spec
from training.runfolder.spec import Spec


def spec_of(trainer: str) -> Spec:
    return Spec(
        run_id="r", group="g", label="l", argv=["train", "--run_folder", "{run_folder}"], created=0.0, trainer=trainer
    )


def test_our_trainer_goes_on_from_its_last_checkpoint(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    assert trainer_command(run, spec_of("training")) == ["train", "--run_folder", str(tmp_path)]
    run.checkpoints.mkdir()
    for only in run.resumable_checkpoints:
        only.touch()
        assert trainer_command(run, spec_of("training"))[-1] == "--resume"
        only.unlink()
    run.last_checkpoint.touch()
    assert "--resume" not in trainer_command(run, spec_of("command"))


def test_a_cpu_slot_hides_every_gpu_and_shares_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("IQA_TUI_CPU_SLOTS", str(2 * len(os.sched_getaffinity(0))))
    devices = [{"key": CPU_0.key, "kind": "cpu", "index": 0}]
    env = trainer_environment(spec_of("training"), devices, Mark(5, 2, "ab"), {"FROM": "the launching shell"})
    assert (env["CUDA_VISIBLE_DEVICES"], env["IQA_TUI_DEVICE"], env["OMP_NUM_THREADS"]) == ("", "cpu", "1")
    assert (env["IQA_TUI_ATTEMPT"], env["IQA_TUI_MARK"]) == ("2", "5:2:ab")
    assert env["FROM"] == "the launching shell"
    assert "PATH" not in env, "nothing of the supervisor's own environment reaches a trainer"


def test_the_interpreter_is_ours(lab: Lab, queued: Any) -> None:
    assert read_spec(queued()).argv[0] == sys.executable


@pytest.mark.parametrize(("vram_bytes", "said"), [(None, None), (10 << 30, str(10 << 30))])
def test_a_trainer_that_shares_a_gpu_knows_how_much_of_it_is_its_own(vram_bytes: int | None, said: str | None) -> None:
    spec = Spec("r", "g", "l", ["python", "-m", "training"], 0.0, vram_bytes=vram_bytes)
    gpu = {"key": "GPU-1", "kind": "gpu", "index": 1, "name": "a GPU"}
    env = trainer_environment(spec, [gpu], Mark(7, 1, "token"), {})
    assert env.get("IQA_TUI_VRAM_BYTES") == said
    cpu = {"key": "cpu-0", "kind": "cpu", "index": 0, "name": "CPU"}
    assert "IQA_TUI_VRAM_BYTES" not in trainer_environment(spec, [cpu], Mark(7, 1, "token"), {})
