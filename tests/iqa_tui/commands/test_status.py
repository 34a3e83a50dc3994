"""`iqa-tui status`, for people and as JSON."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.lab import Lab, state, stub, wait_until
from tests.fakes.nvml import VERSION_MISMATCH, FakeGpus
from tests.fakes.run_folders import FakeRun
from tests.fakes.shell import Shell
from tests.fakes.slurm import FakeSlurm, slurm
from tests.fakes.tuned import FakeTuning
from training.runfolder.folders import list_runs
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase

__all__ = ["slurm"]


def test_a_bad_number_of_slots_is_an_error_of_the_environment(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IQA_TUI_CPU_SLOTS", "many")
    shell("status", code=4)
    assert "IQA_TUI_CPU_SLOTS='many'" in shell.errors


def test_status_of_nothing_teaches(shell: Shell) -> None:
    out = shell("status")
    assert "No runs in" in out
    assert "iqa-tui demo" in out
    assert "CPU 0" in out
    assert "No NVIDIA driver found: runs use 1 CPU slot" in out


def test_status_says_state_and_why_each_waits(lab: Lab, shell: Shell) -> None:
    third = {"label": "three", "priority": "low"}
    first, *_ = lab.launch({"label": "one", "flags": {"seconds": 60}}, {"label": "two"}, third)
    stub(first)
    wait_until(lambda: state(first) is Phase.RUNNING, "the first to run")
    out = shell("status")
    assert "stub: 0 of 3 finished, 1 running, 2 queued\n" in out
    assert re.search(r"S2 two    ○ queued  +2026\S+ +needs a CPU slot", out)
    assert re.search(r"S3 three  ○ queued   low priority +\S+ +as above\n", out)
    assert "needs a CPU slot: CPU 0 runs S1 one of" in out
    content = json.loads(shell("status", "--json"))
    assert [run["state"] for run in content["runs"]] == ["running", "queued", "queued"]
    assert content["runs"][2]["waits_for"] == content["runs"][1]["waits_for"]
    assert content["runs"][1]["waits_for"].startswith("needs a CPU slot")
    assert {(run["plan"], run["group"]) for run in content["runs"]} == {("stub", "stub")}
    assert content["dispatching"] is True
    (device,) = content["devices"]
    assert (device["label"], device["free"], device["holder"]["run_id"]) == ("CPU 0", False, first.run_id)


def test_status_shows_gpus_and_who_holds_them(lab: Lab, tmp_path: Path) -> None:
    gpus = FakeGpus(tmp_path / "driver", count=2, processes=[(1, os.getpid(), 21_811)])
    out = run_with(gpus.env, lab, "status")
    assert "GPU 0  H100" in out
    assert f"pid {os.getpid()} " in out
    masked = json.loads(run_with(gpus.env | {"CUDA_VISIBLE_DEVICES": "1"}, lab, "status", "--json"))
    assert next((device["free"], device["reason"]) for device in masked["devices"]) == (
        False,
        "left out by CUDA_VISIBLE_DEVICES=1",
    )


def test_a_driver_that_does_not_answer_makes_runs_wait_and_does_not_send_them_to_the_cpu(
    lab: Lab, tmp_path: Path
) -> None:
    gpus = FakeGpus(tmp_path / "driver", init=VERSION_MISMATCH)
    out = run_with(gpus.env, lab, "status")
    assert "The NVIDIA driver does not answer" in out
    assert "runs wait for it" in out


def run_with(env: dict[str, str], lab: Lab, *words: str) -> str:
    command = [sys.executable, "-m", "iqa_tui", "--runs-dir", str(lab.runs_dir), *words]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | env, check=True).stdout


def test_without_a_terminal_no_command_means_status(shell: Shell) -> None:
    out = shell()
    assert out.startswith("There is no terminal")
    assert "Devices" in out


def test_a_run_folder_alone_is_never_taken_for_a_command(lab: Lab, shell: Shell) -> None:
    (lab.runs_dir / "notes").mkdir()
    assert RunFolder(lab.runs_dir / "notes") not in list_runs(lab.runs_dir)
    assert "No runs in" in shell("status")


def test_tuning_is_one_line_of_its_group_and_json_names_what_each_run_tries(tmp_path: Path, shell: Shell) -> None:
    runs = str(tmp_path / "tuned")
    tuning = FakeTuning(Path(runs), "F1", signed=False).try_all((0.7, None))
    tuning.queue()
    out = shell("--runs-dir", runs, "status")
    assert "  tuning: 1 of 4 done, 2 queued, 1 failed; F1 L1 (MAE) · lr 2e-6: exit 1: the loss is not finite\n" in out
    assert out.count("L1 (MAE)") == 2
    content = json.loads(shell("--runs-dir", runs, "status", "--json"))
    assert [run["trial"] for run in content["runs"]].count(None) == 1
    assert {"lr": 5e-06} in [run["trial"] for run in content["runs"]]
    (group,) = content["groups"]
    assert (group["trials"], group["trials_done"], group["trials_failed"], group["total"]) == (4, 1, 1, 1)


def test_status_tells_what_partitions_have_if_a_run_is_of_slurm(lab: Lab, shell: Shell, slurm: FakeSlurm) -> None:
    slurm.answers("sinfo", out="gpu*\n")
    slurm.answers("sinfo", "-h", "-N", out="gpu|up|1:00|lab1|mix|gpu:2|gpu:1|\n")
    assert "Slurm gpu" not in shell("status")
    FakeRun.queue(lab.runs_dir, "F2", engine="slurm", slurm={"cluster": "lab"}, format=2)
    assert re.search(r"^  Slurm gpu +1 of 2 GPUs taken$", shell("status"), re.MULTILINE)
    slurm.is_silent()
    assert "Slurm gpu" not in shell("status")
