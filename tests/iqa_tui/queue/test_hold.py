"""Runs held, released and moved in the queue, devices withdrawn and put back, while the dispatcher works."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from iqa_tui.__main__ import main
from iqa_tui.devices.lease import Holder, take_lease
from iqa_tui.devices.survey import Surveyor
from iqa_tui.devices.withdrawn import record_driver_loss, restore, withdraw, withdrawn_reason
from iqa_tui.errors import LaunchError
from iqa_tui.queue.backlog import Backlog
from iqa_tui.queue.dispatching import revive_dispatcher
from iqa_tui.queue.hold import hold_run, prioritise_run, release_run
from iqa_tui.queue.stop import stop_run
from tests.fakes.lab import STUB, Lab, process, state, wait_for, wait_for_end, wait_until, words
from tests.fakes.nvml import FakeGpus
from tests.fakes.waits import waiting_reasons
from training.runfolder.folders import list_runs
from training.runfolder.layout import RunFolder
from training.runfolder.lock import is_held
from training.runfolder.phase import Phase
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import ProcessRecord


def test_held_released_and_reordered_while_another_has_the_device(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lease = take_lease("cpu-0", Holder("ann", "hers"))
    first, second, third = lab.launch(*[{"flags": {"seconds": 0.1}}] * 3)
    command = ["--runs-dir", str(lab.runs_dir)]
    assert main([*command, "hold", "S1"]) == 0
    assert main([*command, "priority", "S3", "high"]) == 0
    assert "S3" not in capsys.readouterr().err
    assert words(first).startswith("queued: held by ")
    assert [entry[0] for entry in Backlog(lab.runs_dir).read().queued] == [third, second]
    reasons = waiting_reasons([(run, read_spec(run)) for run in (first, second, third)], Surveyor().survey())
    assert reasons[first.run_id].startswith("held by ")
    assert reasons[second.run_id].startswith("needs a CPU slot")
    os.close(lease)
    wait_for_end(second, third)
    assert process(third).started < process(second).started
    wait_until(lambda: not lab.processes(), "the dispatcher to end, as nothing may start")
    assert not revive_dispatcher(lab.runs_dir)
    assert state(first) is Phase.QUEUED
    assert main([*command, "release", "S1"]) == 0
    wait_for(first, Phase.FINISHED)
    assert main([*command, "hold", "S1"]) == 1
    assert "only a queued run can be held, released or given a priority" in capsys.readouterr().err


def test_a_held_run_of_a_sequence_does_not_hold_up_the_others(lab: Lab) -> None:
    lease = take_lease("cpu-0", Holder("ann", "hers"))
    first, second = lab.launch({}, {}, strategy="sequential")
    hold_run(first)
    os.close(lease)
    wait_for(second, Phase.FINISHED)
    assert state(first) is Phase.QUEUED


def test_an_order_keeps_what_was_ordered_before_and_refuses_what_it_does_not_know(lab: Lab) -> None:
    lease = take_lease("cpu-0", Holder("ann", "hers"))
    (run,) = lab.launch({})
    prioritise_run(run, "low")
    hold_run(run)
    release_run(run)
    (entry,) = Backlog(lab.runs_dir).read().queued
    assert entry[1].priority == "low"
    with pytest.raises(LaunchError, match=r"no priority 'top'\. Use one of high, medium, low"):
        prioritise_run(run, "top")
    stop_run(run)
    with pytest.raises(LaunchError, match="only a queued run"):
        release_run(run)
    os.close(lease)


@pytest.mark.parametrize(
    ("number", "remedy"), [(errno.ENOSPC, "Make room"), (errno.EACCES, "Ask .*"), (errno.EROFS, "once it")]
)
def test_an_order_that_cannot_be_written_says_what_to_do(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, number: int, remedy: str
) -> None:
    monkeypatch.setattr("iqa_tui.queue.enqueue.ensure_dispatcher", lambda _runs_dir: None)
    (run,) = lab.launch({})

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("iqa_tui.queue.stop.write_record", refuse)
    monkeypatch.setattr("iqa_tui.queue.hold.write_record", refuse)
    for order in (hold_run, stop_run):
        with pytest.raises(LaunchError, match=f"cannot be written .*{remedy}"):
            order(run)


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


# May read everything, for the interpreter of this run may lie where others may not look; owns and writes as any other.
AS_ANOTHER = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups"]
AS_ANOTHER += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may use; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        for part in ("runs", "leases"):
            (Path(name) / part).mkdir()
            (Path(name) / part).chmod(0o1777)
        yield Path(name)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")
def test_two_users_share_a_folder_of_runs_and_its_device_each_with_a_dispatcher_of_their_own(
    open_folder: Path, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IQA_TUI_LEASES", str(open_folder / "leases"))
    stub = open_folder / "stub.py"
    stub.write_text(STUB.read_text())
    stub.chmod(0o644)
    plan = open_folder / "stub.toml"
    rows = "".join(f'[[experiment]]\nid = "{name}"\nflags = {{ seconds = 0.5 }}\n' for name in "AB")
    plan.write_text(
        f'name = "stub"\ncommand = ["{sys.executable}", "{stub}", "--run_folder", "{{run_folder}}"]\n{rows}'
    )
    command = [sys.executable, "-B", "-m", "iqa_tui", "--runs-dir", str(open_folder / "runs")]
    launch = [*command, "launch", str(plan), "--headless"]
    if subprocess.run([*AS_ANOTHER, *command, "--version"], check=False, capture_output=True).returncode:
        pytest.skip("setpriv is missing, or may not change the user here")
    at_home = {"cwd": open_folder, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    states = [open_folder / "state-0", open_folder / "state-12345"]
    states[1].mkdir(mode=0o700)
    os.chown(states[1], 12_345, 12_345)
    envs = [{**os.environ, "IQA_TUI_STATE": str(state)} for state in states]
    ours = subprocess.Popen(launch, env=envs[0], **at_home)  # type: ignore[call-overload]
    theirs = subprocess.Popen([*AS_ANOTHER, *launch], env=envs[1], **at_home)  # type: ignore[call-overload]
    said = [app.communicate(timeout=90)[0] for app in (ours, theirs)]
    assert [app.returncode for app in (ours, theirs)] == [0, 0], said
    runs = list_runs(open_folder / "runs")
    assert len(runs) == 4
    assert {run.path.stat().st_uid for run in runs} == {0, 12_345}
    assert {state(run) for run in runs} == {Phase.FINISHED}
    assert not list((open_folder / "runs").glob("dispatcher-*"))
    for folder in states:  # each has a lock and a log of its own, which the other cannot reach
        (log,) = folder.glob("dispatcher-*.log")
        assert log.stat().st_uid == folder.stat().st_uid
        (lock,) = folder.glob("dispatcher-*.lock")
        wait_until(lambda lock=lock: not is_held(lock), "the dispatchers to end, which still write into the folder")
