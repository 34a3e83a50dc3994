"""Errors that the driver reports of a GPU take it out of use, for every user and until it is put back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from iqa_tui.devices.gpus.sample import XidSeen
from iqa_tui.devices.survey import Surveyor
from iqa_tui.devices.withdrawn import record_xid, restore, withdraw, withdrawn_reason, xids_seen
from iqa_tui.devices.xid_records import record_xids
from tests.fakes.lab import Lab, state, wait_for, wait_for_end, wait_until
from tests.fakes.nvml import FakeGpus
from training.runfolder.phase import Phase

OFF_THE_BUS = "withdrawn: the driver reported XID 79 (it has fallen off the bus)"


@pytest.fixture
def gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeGpus:
    monkeypatch.setenv("IQA_TUI_GPU_SETTLE_SECONDS", "0.1")
    return FakeGpus(tmp_path / "driver", count=1).seen_by(monkeypatch)


def test_an_xid_is_noted_once_until_the_device_is_restored(lab: Lab) -> None:
    for _ in range(3):
        record_xid("GPU-1", 79, "it has fallen off the bus")
    assert withdrawn_reason("GPU-1") == OFF_THE_BUS
    assert xids_seen("GPU-1") == ["XID 79 (it has fallen off the bus)"]
    assert (lab.leases / "GPU-1.journal").read_text().count('"what": "xid"') == 1
    withdraw("GPU-1", "fan broken")
    assert withdrawn_reason("GPU-1").endswith("fan broken")
    restore("GPU-1")
    assert (withdrawn_reason("GPU-1"), xids_seen("GPU-1")) == ("", [])
    record_xid("GPU-1", 79, "it has fallen off the bus")
    assert withdrawn_reason("GPU-1") == OFF_THE_BUS


def test_an_xid_that_is_only_worth_knowing_is_noted_and_takes_nothing_away(lab: Lab) -> None:
    record_xids([XidSeen(("GPU-1", "GPU-2"), 63), XidSeen(("GPU-1",), 31), XidSeen(("GPU-1",), 999)])
    assert withdrawn_reason("GPU-1") == withdrawn_reason("GPU-2") == ""
    assert [words.partition(" (")[0] for words in xids_seen("GPU-1")] == ["XID 63", "XID 999"]
    assert [words.partition(" (")[0] for words in xids_seen("GPU-2")] == ["XID 63"]
    record_xids([XidSeen(("GPU-2",), 48)])
    assert withdrawn_reason("GPU-2").startswith("withdrawn: the driver reported XID 48 (")


def test_a_journal_that_cannot_be_written_stops_nothing(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IQA_TUI_LEASES", "relative")
    record_xids([XidSeen(("GPU-1",), 79)])


def test_only_who_gives_devices_away_takes_note(lab: Lab, gpus: FakeGpus) -> None:
    looking, giving = Surveyor(), Surveyor(records_xids=True)
    for surveyor in (looking, giving):
        assert surveyor.survey().devices[0].free
    gpus.xids = [(0, 79)]
    gpus.write()
    assert looking.survey().devices[0].free
    assert giving.survey().devices[0].reason == f"{OFF_THE_BUS}; `iqa-tui restore 0` restores it"
    assert looking.survey().devices[0].withdrawn


def test_an_xid_while_runs_are_alive_withdraws_the_gpu_and_the_runs_go_on(
    lab: Lab, gpus: FakeGpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    until = {"flags": {"until": str(lab.folder / "go")}}
    first, second = lab.launch(until, until)
    wait_for(first, Phase.RUNNING)
    gpus.xids = [(0, 31), (0, 48)]
    gpus.write()
    wait_until(lambda: withdrawn_reason(gpus.uuid(0)), "the GPU to be withdrawn")
    assert "XID 48" in withdrawn_reason(gpus.uuid(0))
    assert state(first) is Phase.RUNNING
    (lab.folder / "go").touch()
    wait_for(first, Phase.FINISHED)
    command = [sys.executable, "-m", "iqa_tui", "--runs-dir", str(lab.runs_dir)]
    seen = json.loads(subprocess.run([*command, "status", "--json"], capture_output=True, check=True).stdout)
    assert seen["devices"][0]["reason"] == (
        "withdrawn: the driver reported XID 48 (memory error of two bits, which ECC cannot correct); "
        "`iqa-tui restore 0` restores it"
    )
    assert state(second) is Phase.QUEUED
    said = subprocess.run([*command, "restore", "0"], capture_output=True, check=True, text=True).stdout
    assert "It was withdrawn: the driver reported XID 48 (" in said
    wait_for_end(second)


def test_an_xid_is_noticed_though_nothing_is_queued(lab: Lab, gpus: FakeGpus) -> None:
    (run,) = lab.launch({"flags": {"until": str(lab.folder / "go")}})
    wait_for(run, Phase.RUNNING)
    gpus.xids = [(0, 79)]
    gpus.write()
    wait_until(lambda: withdrawn_reason(gpus.uuid(0)), "the GPU to be withdrawn")
    (lab.folder / "go").touch()
    wait_for_end(run)


@pytest.mark.parametrize("words", ["unspecified launch failure", "an illegal memory access was encountered"])
def test_a_kernel_bug_of_two_runs_withdraws_no_gpu(lab: Lab, gpus: FakeGpus, words: str) -> None:
    bug = {"flags": {"exit": 1, "say": f"RuntimeError: CUDA error: {words}"}}
    first, second, third = lab.launch(bug, bug, {})
    wait_for(third, Phase.FINISHED)
    assert [state(run) for run in (first, second)] == [Phase.FAILED] * 2
    assert [len(run.attempts()) for run in (first, second)] == [1, 1]
    assert withdrawn_reason(gpus.uuid(0)) == ""
