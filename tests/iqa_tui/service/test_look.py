"""Which runs get which devices at one look."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from iqa_tui.devices.lease import Holder, lease_holder, take_lease
from iqa_tui.devices.lease_folder import gate_file, lease_file
from iqa_tui.devices.survey import Surveyor
from iqa_tui.queue.dispatcher_files import (
    dispatcher_log,
    read_trouble,
)
from iqa_tui.queue.dispatching import ensure_dispatcher, revive_dispatcher
from tests.fakes.lab import (
    STUB,
    Lab,
    process,
    state,
    stub,
    wait_for,
    wait_for_end,
    wait_until,
)
from tests.fakes.nvml import FakeGpus
from tests.fakes.waits import waiting_reasons
from training.runfolder.folders import list_runs
from training.runfolder.phase import Phase
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import ProcessRecord


def test_a_dispatcher_that_cannot_look_at_the_devices_says_so_in_the_rows_and_once_in_its_log(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as only:
        only.setattr("iqa_tui.queue.enqueue.ensure_dispatcher", lambda runs_dir: None)
        (run,) = lab.launch({}, devices=None)
    with monkeypatch.context() as only:
        only.setenv("IQA_TUI_CPU_SLOTS", "two")
        ensure_dispatcher(lab.runs_dir)
    wait_until(lambda: read_trouble(lab.runs_dir), "its trouble")
    (reason,) = waiting_reasons([(run, read_spec(run))], Surveyor().survey()).values()
    assert reason == (
        "your dispatcher cannot start it: IQA_TUI_CPU_SLOTS='two': write a number of at least 1, or unset it."
    )
    assert dispatcher_log(lab.runs_dir).read_text().count("IQA_TUI_CPU_SLOTS") == 1


def test_what_stands_in_the_place_of_a_lease_keeps_its_device_from_runs_and_no_other(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IQA_TUI_CPU_SLOTS", "2")
    os.mkfifo(gate_file(lease_file("cpu-0")))
    runs = lab.launch({}, {})
    wait_for_end(*runs)
    assert {state(run) for run in runs} == {Phase.FINISHED}
    assert {process(run).devices[0]["key"] for run in runs} == {"cpu-1"}


def test_four_gpus_run_four_and_the_fifth_says_what_it_waits_for(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpus = FakeGpus(tmp_path / "driver").seen_by(monkeypatch)
    monkeypatch.setenv("IQA_TUI_GPU_SETTLE_SECONDS", "0.3")
    go = lab.folder / "go"
    runs = lab.launch(*[{"flags": {"until": str(go)}}] * 5)
    seen = [stub(run)["env"]["CUDA_VISIBLE_DEVICES"] for run in runs[:4]]
    assert sorted(seen) == ["0", "1", "2", "3"]
    assert state(runs[4]) is Phase.QUEUED
    status = [sys.executable, "-m", "iqa_tui", "--runs-dir", lab.runs_dir, "status", "--json"]
    seen_by_all = json.loads(subprocess.run(status, capture_output=True, check=True).stdout)
    assert [device["label"] for device in seen_by_all["devices"]] == ["GPU 0", "GPU 1", "GPU 2", "GPU 3"]
    reason = seen_by_all["runs"][4]["waits_for"]
    assert reason.startswith("needs a GPU: GPU 0 runs S")
    assert reason.count(" of ") == 4
    assert [lease_holder(gpus.uuid(number)) is not None for number in range(4)] == [True] * 4
    go.touch()
    wait_for_end(*runs)
    assert {state(run) for run in runs} == {Phase.FINISHED}


def test_a_run_that_asks_for_the_cpu_gets_no_gpu_though_there_are_some(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeGpus(tmp_path / "driver").seen_by(monkeypatch)
    (run,) = lab.launch({}, devices=("cpu",))
    wait_for_end(run)
    assert stub(run)["env"]["IQA_TUI_DEVICE"] == "cpu"
    assert stub(run)["env"]["CUDA_VISIBLE_DEVICES"] == ""


def test_a_mask_that_the_launcher_inherited_limits_what_its_runs_get(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpus = FakeGpus(tmp_path / "driver")
    mask = gpus.env | {"CUDA_VISIBLE_DEVICES": "2", "IQA_TUI_GPU_SETTLE_SECONDS": "0.3"}
    for name, value in mask.items():
        monkeypatch.setenv(name, value)
    plan = lab.folder / "stub.toml"
    plan.write_text(
        f'name = "stub"\ncommand = ["{sys.executable}", "{STUB}", "--run_folder", "{{run_folder}}"]\n[[experiment]]\nid = "A"\n'
    )
    # In a process of its own: the driver's library is found when a process starts.
    subprocess.run(
        [sys.executable, "-m", "iqa_tui", "--runs-dir", lab.runs_dir, "launch", plan, "--headless"], check=True
    )
    (run,) = list_runs(lab.runs_dir)
    assert read_spec(run).devices == [gpus.uuid(2)]
    assert stub(run)["env"]["CUDA_VISIBLE_DEVICES"] == "2"


def test_a_gpu_that_another_process_uses_is_left_alone(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeGpus(tmp_path / "driver", count=2, used_mib={0: 21_811}, processes=[(0, os.getpid(), 21_811)]).seen_by(
        monkeypatch
    )
    monkeypatch.setenv("IQA_TUI_GPU_SETTLE_SECONDS", "0.3")
    runs = lab.launch({"flags": {"seconds": 0.1}}, {"flags": {"seconds": 0.1}})
    wait_for_end(*runs)
    assert {stub(run)["env"]["CUDA_VISIBLE_DEVICES"] for run in runs} == {"1"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_what_another_user_queued_is_not_started_in_our_name(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lease = take_lease("cpu-0", Holder("ann", "hers"))
    theirs, ours = lab.launch({}, {})
    os.chown(theirs.path, 12_345, 12_345)
    os.close(lease)
    wait_for_end(ours)
    wait_until(lambda: not lab.processes(), "the dispatcher to end")
    assert state(theirs) is Phase.QUEUED
    assert not revive_dispatcher(lab.runs_dir)


def test_a_run_whose_driver_failed_goes_on_elsewhere(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FakeGpus(tmp_path / "driver", count=2).seen_by(monkeypatch)
    monkeypatch.setenv("IQA_TUI_GPU_SETTLE_SECONDS", "0.1")
    (run,) = lab.launch({"flags": {"exit": 1, "say": "RuntimeError: CUDA error: GPU is lost"}})
    wait_until(run.attempt(2).process.exists, "the second attempt, a resume")
    records = [read_record(run.attempt(number).process, ProcessRecord) for number in (1, 2)]
    assert [record.devices[0]["index"] for record in records if record is not None] == [0, 1]


def test_a_gpu_that_appears_while_runs_wait_is_given_to_them(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpus = FakeGpus(tmp_path / "driver", count=1).seen_by(monkeypatch)
    monkeypatch.setenv("IQA_TUI_GPU_SETTLE_SECONDS", "0.1")
    first, second = lab.launch(*[{"flags": {"until": str(lab.folder / "go")}}] * 2)
    wait_for(first, Phase.RUNNING)
    gpus.count = 2
    gpus.write()
    wait_for(second, Phase.RUNNING)
    assert {process(run).devices[0]["key"] for run in (first, second)} == {gpus.uuid(0), gpus.uuid(1)}
