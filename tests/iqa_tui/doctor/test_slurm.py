"""What the doctor says of Slurm, and of a node that a job of a minute looked at."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.doctor import slurm as doctor_slurm
from iqa_tui.doctor.finding import Finding
from iqa_tui.doctor.findings import findings
from iqa_tui.doctor.launch_findings import failing_runs
from iqa_tui.doctor.slurm import check_slurm, judge_node
from iqa_tui.plans.plan import load_plan, plan_from
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.slurm import try_node
from tests.fakes.photographs import write_biq2021
from tests.fakes.slurm import FakeSlurm, slurm

__all__ = ["slurm"]
PLAN = plan_from(
    {"name": "own", "command": ["python", "train.py"], "experiment": [{"id": "A", "expected_hours": 5.0}]}, "own.toml"
)
WELL: dict[str, Any] = {"python": "3.11.2", "supervisor": "", "round_trip_seconds": 0.2, "lock": "", "devices": "0"}
GPU = {"gres": "gpu:1"}


def request(folder: Path, **options: Any) -> LaunchRequest:
    return LaunchRequest(PLAN, runs_dir=folder / "runs", cwd=folder, engine="slurm", slurm=options)


def judged(folder: Path, options: dict[str, Any] | None = None, *, seen: bool = True, **answer: Any) -> list[Finding]:
    told = {**WELL, "cwd": str(folder.resolve()), **answer}
    return list(judge_node("lab1", 1.4, told, GPU if options is None else options, folder, lock_is_seen=seen))


def subjects(found: list[Finding]) -> list[str]:
    return [each.subject for each in found if each.blocks]


def run_the_job(slurm: FakeSlurm, **variables: str) -> threading.Thread:
    """Be the node: execute the script of the job that is submitted next."""

    def node() -> None:
        until = time.monotonic() + 60
        while not (calls := slurm.calls("sbatch", "--parsable")) and time.monotonic() < until:
            time.sleep(0.02)
        cwd = next(word for word in calls[0]["argv"] if word.startswith("--chdir="))  # type: ignore[attr-defined]
        env = {**os.environ, "SLURMD_NODENAME": "lab1", **variables}
        script = str(calls[0]["given"])
        subprocess.run(["bash"], input=script, text=True, cwd=cwd.removeprefix("--chdir="), env=env, check=True)

    thread = threading.Thread(target=node)
    thread.start()
    return thread


def test_a_machine_without_slurm_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (found,) = check_slurm(request(tmp_path), [])
    assert (found.blocks, found.words) == (True, "there is no sbatch in PATH")


def test_a_controller_that_does_not_answer_blocks(tmp_path: Path, slurm: FakeSlurm) -> None:
    slurm.is_silent()
    (found,) = check_slurm(request(tmp_path), [])
    assert found.blocks
    assert found.words.startswith("the controller does not answer: Unable to contact slurm controller")


def test_options_that_slurm_refuses_are_named_with_their_key(tmp_path: Path, slurm: FakeSlurm) -> None:
    slurm.answers("sbatch", "--test-only", err="sbatch: error: invalid partition specified: nope\n", code=1)
    _, refused = check_slurm(request(tmp_path, partition="nope"), [])
    assert refused.blocks
    assert refused.words.startswith("A: Slurm refuses it: invalid partition specified: nope (partition = 'nope')")
    assert not slurm.calls("sbatch", "--parsable")


def test_a_job_looks_at_its_node_and_both_sides_see_each_other(tmp_path: Path, slurm: FakeSlurm) -> None:
    node = run_the_job(slurm, CUDA_VISIBLE_DEVICES="0")
    found = list(check_slurm(request(tmp_path), [tmp_path, tmp_path / "absent"]))
    node.join(60)
    told = {each.subject: each.words for each in found}
    assert subjects(found) == ["data"]
    data = [each.words for each in found if each.subject == "data"]
    assert data == [f"lab1 cannot read {tmp_path / 'absent'}, or it is empty there", f"{tmp_path} is on lab1"]
    assert told["folder"].startswith("seen from both sides within ")
    assert told["cwd"] == f"{tmp_path} is there"
    assert told["locks"] == "work on lab1, and are seen here: runs of Slurm do not need that"
    assert told["GPU"] == "Slurm gave device 0 on lab1"
    (call,) = slurm.calls("sbatch", "--parsable")
    assert {"--time=1", "--gres=gpu:1", "--no-requeue"} <= set(call["argv"])  # type: ignore[call-overload]
    assert slurm.calls("scancel", "--quiet", "4711")
    assert not list(tmp_path.glob(".iqa-tui-doctor-*"))


def test_a_job_that_does_not_start_is_told_with_slurms_reason(
    tmp_path: Path, slurm: FakeSlurm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_slurm, "START_SECONDS", 0.3)
    slurm.answers("squeue", "-h", "-t", "all", "-j", out="PENDING|Resources\n")
    found = list(check_slurm(request(tmp_path), []))[-1]
    assert (found.subject, found.is_good, found.blocks) == ("node", False, False)
    assert found.words == "not started within 0.3 s: Resources"
    assert slurm.calls("scancel", "--quiet", "4711")


def test_a_job_that_leaves_no_word_means_that_its_disk_is_not_there(
    tmp_path: Path, slurm: FakeSlurm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_slurm, "START_SECONDS", 0.3)
    slurm.answers("squeue", "-h", "-t", "all", "-j", out="FAILED|JobLaunchFailure\n")
    found = list(check_slurm(request(tmp_path), []))[-1]
    assert found.blocks
    assert found.words == "job 4711 said nothing: FAILED|JobLaunchFailure"
    assert "on a disk that the nodes have?" in found.remedy


def test_a_time_limit_shorter_than_a_run_is_told(tmp_path: Path, slurm: FakeSlurm) -> None:
    slurm.answers("sinfo", out="short*\n")
    slurm.answers("sinfo", "-h", "-N", out="short|up|2:00:00|lab1|idle|gpu:2|gpu:0|\n")
    node = run_the_job(slurm, CUDA_VISIBLE_DEVICES="0")
    found = list(check_slurm(request(tmp_path), []))
    node.join(60)
    assert [each.words for each in found if not each.is_good] == ["short ends a job after 2.0 h, and a run takes 5.0 h"]


def test_what_a_node_lacks_blocks(tmp_path: Path) -> None:
    assert subjects(judged(tmp_path)) == []
    assert subjects(judged(tmp_path, supervisor="No module named 'iqa_tui'")) == ["node"]
    assert subjects(judged(tmp_path, round_trip_seconds=None)) == ["folder"]
    assert subjects(judged(tmp_path, cwd="/tmp")) == ["cwd"]
    assert subjects(judged(tmp_path, devices="")) == ["GPU"]
    assert subjects(judged(tmp_path, {"gres": ""}, devices="")) == []
    assert subjects(judged(tmp_path, torch_trouble="No module named 'torch'")) == ["torch"]
    assert subjects(judged(tmp_path, torch={"torch": "2.8", "timm": "1.0", "built_for": None, "gpus": []})) == ["torch"]


def test_a_torch_that_the_jobs_memory_is_too_small_for_is_told_from_none(tmp_path: Path) -> None:
    words = try_node._last_error([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], 30)[1]
    (found,) = [each for each in judged(tmp_path, {"mem": "200M"}, torch_trouble=words) if each.blocks]
    assert found.words == "lab1: killed, as a process is that passes its job's memory"
    assert found.remedy == 'Ask for more: mem = "8G"; now it is 200M'
    assert try_node._last_error([sys.executable, "-c", "raise SystemExit('no')"], 30)[1] == "no"


def test_what_a_node_has_is_named(tmp_path: Path) -> None:
    torch = {"torch": "2.8", "timm": "1.0", "built_for": "12.8", "gpus": ["NVIDIA H100"]}
    told = {each.subject: each.words for each in judged(tmp_path, torch=torch, lock="ENOLCK", round_trip_seconds=30.0)}
    assert told["torch"] == "torch 2.8, timm 1.0, on lab1: NVIDIA H100"
    assert told["locks"] == "lab1 has none in the folder of runs (ENOLCK): runs of Slurm go without"
    assert told["folder"] == "seen from both sides, but 30 s late"


def test_a_login_node_without_torch_checks_settings_and_data_and_leaves_the_rest_to_a_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = importlib.util.find_spec, []

    def without_torch(name: str, package: str | None = None) -> Any:
        return None if name == "torch" else real(name, package)

    def node(_request: LaunchRequest, paths: list[Path]) -> list[Finding]:
        asked.extend(paths)
        return [Finding("node", "lab1 started a job")]

    monkeypatch.setattr(importlib.util, "find_spec", without_torch)
    monkeypatch.setattr("iqa_tui.doctor.findings.check_slurm", node)
    overrides = {"data_path": str(tmp_path / "koniq-10k"), "weights": str(tmp_path / "w.pt")}
    plan = load_plan("koniq-losses")
    wanted = LaunchRequest(plan, ("F2",), overrides=overrides, runs_dir=tmp_path / "runs", engine="slurm")
    found = list(findings(wanted))
    assert asked == [tmp_path / "koniq-10k", tmp_path / "w.pt"]
    assert [each.words for each in found if each.subject == "torch"] == [
        "not on this machine, which needs none to launch"
    ]
    assert [each.subject for each in found if each.blocks and each.subject != "disk"] == []
    assert [each.subject for each in found if "the job will look" in each.words] == ["data", "weights"]
    failing = [each.finding for each in failing_runs(wanted, set(), lambda _words: None)]
    assert [(each.subject, each.blocks) for each in failing] == [("data", False), ("weights", False)]
    (refused,) = failing_runs(replace(wanted, overrides={"lr": "-1"}), set(), lambda _words: None)
    assert refused.finding.subject == "flags"


def test_data_are_looked_at_without_torch(tmp_path: Path) -> None:
    for name in ("torch", "torchvision", "timm"):
        (tmp_path / f"{name}.py").write_text("raise ImportError")
    write_biq2021(tmp_path / "biq2021")
    flags = ["--dataset", "biq2021", "--data_path", str(tmp_path / "biq2021")]
    for program in ("training.dataset_check", "training"):
        check = ["--check"] if program == "training" else []
        env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
        done = subprocess.run(
            [sys.executable, "-m", program, *flags, *check], env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
