"""Devices that get no more runs, by order of a user or by the failures of their driver."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from iqa_tui.__main__ import main
from iqa_tui.devices import withdrawn
from iqa_tui.devices.lease_folder import journal_file, lease_file, leases_dir
from iqa_tui.devices.survey import Surveyor
from iqa_tui.devices.withdrawn import record_driver_loss, restore, withdraw, withdrawn_reason
from iqa_tui.errors import LaunchError
from iqa_tui.queue.stop import stop_run
from tests.fakes.lab import Lab, state, wait_for, wait_until, words
from tests.fakes.nvml import FakeGpus
from tests.fakes.waits import waiting_reasons
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.read import read_spec


def test_a_journal_that_is_no_file_is_refused_in_words_and_a_huge_one_read_from_its_end(lab: Lab) -> None:
    leases_dir()
    os.mkfifo(journal_file(lease_file("cpu-0")))
    with pytest.raises(LaunchError, match=r"cpu-0: its journal cannot be written: .* is a pipe, not a file; ask its"):
        withdraw("cpu-0")
    with journal_file(lease_file("cpu-1")).open("wb") as file:
        file.truncate(40 << 30)
    withdraw("cpu-1", "for the demo")
    assert withdrawn_reason("cpu-1").endswith(": for the demo")
    restore("cpu-1")
    assert withdrawn_reason("cpu-1") == ""
    assert journal_file(lease_file("cpu-1")).stat().st_size < 1000


def test_lines_of_a_journal_that_hold_nothing_are_not_even_parsed(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    withdraw("GPU-1", "a fan")
    path = journal_file(lease_file("GPU-1"))
    with path.open("ab") as file:
        file.write(b"\n" * 200_000)
    parsed: list[bytes] = []
    loads = json.loads
    monkeypatch.setattr(withdrawn.json, "loads", lambda line: parsed.append(line) or loads(line))
    assert withdrawn_reason("GPU-1").endswith(": a fan")
    assert len(parsed) == 1


def test_a_device_is_withdrawn_and_restored_while_runs_wait_for_it(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["--runs-dir", str(lab.runs_dir)]
    assert main([*command, "withdraw", "cpu-0", "--why", "for the demo"]) == 0
    assert "put it back: iqa-tui restore cpu-0" in capsys.readouterr().out
    (run,) = lab.launch({})
    reasons = waiting_reasons([(run, read_spec(run))], Surveyor().survey())
    assert "for the demo" in reasons[run.run_id]
    assert "CPU 0 withdrawn by " in reasons[run.run_id]
    assert reasons[run.run_id].endswith("for the demo; `iqa-tui restore cpu-0` restores it")
    assert state(run) is Phase.QUEUED
    assert main([*command, "restore", "cpu"]) == 0
    assert "It was withdrawn by " in capsys.readouterr().out
    wait_for(run, Phase.FINISHED)
    assert main([*command, "withdraw", "7"]) == 2
    assert "has no device '7'. It has CPU 0 (cpu-0)" in capsys.readouterr().err


def test_a_device_is_withdrawn_when_the_driver_failed_under_two_runs(lab: Lab) -> None:
    one, other = RunFolder(lab.runs_dir / "one"), RunFolder(lab.runs_dir / "other")
    for _ in range(3):
        record_driver_loss(["GPU-1"], one, "GPU is lost")
    assert withdrawn_reason("GPU-1") == ""
    record_driver_loss(["GPU-1"], other, "GPU is lost")
    assert withdrawn_reason("GPU-1") == "withdrawn: the driver failed under one, other"
    restore("GPU-1")
    assert withdrawn_reason("GPU-1") == ""
    withdraw("GPU-1")
    with (lab.leases / "GPU-1.journal").open("ab") as journal:
        journal.write(b'{"what": "put ba')
    assert withdrawn_reason("GPU-1").startswith("withdrawn by ")
    restore("GPU-1")
    assert withdrawn_reason("GPU-1") == ""


def test_a_gpu_whose_driver_fails_is_withdrawn_until_it_is_restored(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpus = FakeGpus(tmp_path / "driver", count=1).seen_by(monkeypatch)
    monkeypatch.setenv("IQA_TUI_GPU_SETTLE_SECONDS", "0.1")
    lost = {"flags": {"exit": 1, "say": "RuntimeError: CUDA error: GPU is lost"}}
    first, second, third = lab.launch(lost, lost, {})
    wait_until(lambda: withdrawn_reason(gpus.uuid(0)), "the GPU to be withdrawn")
    for run in (first, second):
        wait_until(lambda run=run: words(run).startswith("queued: again, after failed: exit 1"), f"{run} to be queued")
    command = [sys.executable, "-m", "iqa_tui", "--runs-dir", str(lab.runs_dir)]
    seen = json.loads(subprocess.run([*command, "status", "--json"], capture_output=True, check=True).stdout)
    assert seen["devices"][0]["reason"].startswith("withdrawn: the driver failed under ")
    assert seen["devices"][0]["reason"].endswith("; `iqa-tui restore 0` restores it")
    assert [run["waits_for"].startswith("needs a GPU: GPU 0 withdrawn") for run in seen["runs"]] == [True] * 3
    assert state(third) is Phase.QUEUED
    for run in (first, second):
        stop_run(run)
    subprocess.run([*command, "restore", "0"], check=True)
    wait_for(third, Phase.FINISHED)
