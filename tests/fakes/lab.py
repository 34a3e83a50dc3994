"""A machine of its own for a test: a folder of runs, a folder of leases, and a broom that leaves no process behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.devices.device import Device
from iqa_tui.devices.lease import Holder
from iqa_tui.plans.plan import Plan, plan_from
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.processes.marks import environment_of
from iqa_tui.processes.start import trainer_variables
from iqa_tui.queue.enqueue import enqueue
from iqa_tui.trust.signature import write_signed
from iqa_tui.words.states import status_words
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import ExitRecord, ProcessRecord
from training.runfolder.status import run_status

STUB = Path(__file__).with_name("stub_trainer.py")
PATIENCE_SECONDS = 30.0
CPU_0 = Device("cpu-0", "cpu", 0, "CPU")
ANN = Holder("ann", "a-run", 4711, "F2 L2 (MSE)", "/runs")
"""Another user whose run has a device."""


class Lab:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs_dir = folder / "runs"
        self.leases = folder / "leases"
        self.runs_dir.mkdir()
        self._supervisors: list[subprocess.Popen[bytes]] = []

    def plan(self, *experiments: dict[str, Any], **top: Any) -> Plan:
        """A plan for the stub trainer; `seconds` and the like are its flags."""
        content = {
            "name": "stub",
            "command": [sys.executable, str(STUB), "--run_folder", "{run_folder}"],
            "experiment": [{"id": f"S{number}", **row} for number, row in enumerate(experiments, 1)],
            **top,
        }
        return plan_from(content, "stub.toml")

    def launch(
        self, *experiments: dict[str, Any], devices: tuple[str, ...] | None = None, **top: Any
    ) -> list[RunFolder]:
        strategy = top.pop("strategy", "all")
        request = LaunchRequest(
            self.plan(*experiments, **top), devices=devices, strategy=strategy, runs_dir=self.runs_dir
        )
        return enqueue(request)

    def queue(self, *experiments: dict[str, Any], **options: Any) -> list[RunFolder]:
        """As `launch`, but no dispatcher is started: the test starts what it needs."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("iqa_tui.queue.enqueue.ensure_dispatcher", lambda runs_dir: None)
            return self.launch(*experiments, **options)

    def supervise(
        self, run: RunFolder, device: Device = CPU_0, *, module: str = "iqa_tui.service.supervisor"
    ) -> subprocess.Popen[bytes]:
        """A supervisor as the dispatcher would start it."""
        content = asdict(device)
        command = [sys.executable, "-m", module, str(run.path), json.dumps(content)]
        supervisor = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
        self._supervisors.append(supervisor)
        return supervisor

    def processes(self) -> list[int]:
        """Everything alive that was started in this lab, ourselves and zombies left out."""
        mark = f"IQA_TUI_LEASES={self.leases}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal() or int(entry.name) == os.getpid():
                continue
            try:
                environment = environment_of(int(entry.name), patience_seconds=PATIENCE_SECONDS)
            except OSError:
                continue
            if mark in environment.split(b"\0"):
                found.append(int(entry.name))
        return found

    def dispatchers(self) -> list[int]:
        return [pid for pid in self.processes() if b"iqa_tui.service.dispatcher" in _command_line(pid)]

    def sweep(self) -> None:
        """End what is left, again and again, as processes start others."""
        while left := self.processes():
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            time.sleep(0.02)
        for supervisor in self._supervisors:
            supervisor.wait()


def change_spec(run: RunFolder, **changes: Any) -> None:
    """Queue the run anew, as if it had been launched so."""
    write_signed(run, replace(read_spec(run), **changes), trainer_variables())


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def is_alive(pid: int) -> bool:
    """A zombie is not: its parent may not have reaped it yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    except OSError:
        return False


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def wait_until(question: Callable[[], Any], what: str) -> Any:
    """The first true answer. A test that waits too long fails with what it waited for."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        answer = question()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError(f"waited {PATIENCE_SECONDS:g} s for {what}")


def words(run: RunFolder) -> str:
    return status_words(run_status(run))


def state(run: RunFolder) -> Phase:
    return run_status(run).phase


def wait_for(run: RunFolder, *states: Phase) -> None:
    wait_until(lambda: state(run) in states, f"{run.run_id} to be {states}, it is {words(run)}")


def wait_for_end(*runs: RunFolder) -> None:
    for run in runs:
        wait_until(lambda run=run: state(run).is_over, f"{run.run_id} to end")


def stub(run: RunFolder) -> dict[str, Any]:
    """What the stub trainer wrote of itself, once it has started."""
    wait_until((run.path / "stub.json").exists, f"the stub of {run.run_id} to start")
    return json.loads((run.path / "stub.json").read_bytes())


def process(run: RunFolder) -> ProcessRecord:
    attempt = wait_until(run.latest_attempt, "an attempt")
    wait_until(attempt.process.exists, "process.json")
    record = read_record(attempt.process, ProcessRecord)
    assert record is not None
    return record


def exit_record(run: RunFolder) -> ExitRecord:
    attempt = run.latest_attempt()
    assert attempt is not None
    wait_until(attempt.exit.exists, "exit.json")
    record = read_record(attempt.exit, ExitRecord)
    assert record is not None
    return record


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    made = Lab(tmp_path)
    monkeypatch.setenv("IQA_TUI_LEASES", str(made.leases))
    monkeypatch.setenv("IQA_TUI_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.delenv("IQA_TUI_CPU_SLOTS", raising=False)
    yield made
    made.sweep()


@pytest.fixture
def queued(lab: Lab) -> Callable[..., RunFolder]:
    """Queues one stub run with these flags, and leaves it to the test to supervise it."""

    def queue_one(**flags: Any) -> RunFolder:
        (run,) = lab.queue({"flags": flags})
        return run

    return queue_one
