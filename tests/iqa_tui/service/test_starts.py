"""Supervisors that do not come up: what is said, and what becomes of their runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from iqa_tui.devices.lease import Holder, take_lease
from iqa_tui.devices.survey import Surveyor
from iqa_tui.processes.start import ROOT
from iqa_tui.queue.dispatcher_files import (
    dispatcher_log,
    dispatcher_trouble,
    is_dispatching,
    take_dispatching,
)
from iqa_tui.queue.dispatching import revive_dispatcher
from iqa_tui.queue.queued_run import QueuedRun
from iqa_tui.service.postponed import Postponed
from iqa_tui.service.starts import MOST_STARTS, START_SECONDS, Starts
from iqa_tui.service.supervisor_exits import (
    EXIT_DEVICE_TAKEN,
    EXIT_NO_LEASE,
    EXIT_NO_PROCESS,
    EXIT_NO_ROOM,
    EXIT_NOT_QUEUED,
)
from tests.fakes.clock import FakeClock
from tests.fakes.lab import (
    CPU_0,
    Lab,
    state,
    wait_for,
    wait_for_end,
    wait_until,
    words,
)
from tests.fakes.runs import end_run, make_run
from tests.fakes.waits import waiting_reasons
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.read import read_spec
from training.runfolder.status import run_status


def test_a_supervisor_that_never_comes_up_is_given_up_in_words(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    shadow = lab.folder / "shadow" / "sitecustomize.py"
    shadow.parent.mkdir()
    shadow.write_text("import sys\nif 'iqa_tui.service.supervisor' in ' '.join(sys.orig_argv): sys.exit(9)\n")
    monkeypatch.setenv("PYTHONPATH", str(shadow.parent))
    (run,) = lab.launch({})
    wait_for_end(run)
    assert words(run).startswith("failed: its supervisor did not come up 3 times")


REFUSED_IN = """
import os, subprocess, sys
program, flag = {program!r}, {flag!r}
start = subprocess.Popen.__init__
def refuse(self, *words, **options):
    if program in " ".join(sys.orig_argv) and "gpus.sampler" not in str(words) and os.path.exists(flag):
        raise BlockingIOError(11, "Resource temporarily unavailable")
    start(self, *words, **options)
subprocess.Popen.__init__ = refuse
"""


@pytest.mark.parametrize("program", ["iqa_tui.service.dispatcher", "iqa_tui.service.supervisor"])
def test_a_run_whose_process_the_system_refuses_to_start_stays_queued_and_says_so(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    full = lab.folder / "full"
    full.touch()
    shadow = lab.folder / "shadow" / "sitecustomize.py"
    shadow.parent.mkdir()
    shadow.write_text(REFUSED_IN.format(program=program, flag=str(full)))
    with monkeypatch.context() as only:
        only.setenv("PYTHONPATH", os.pathsep.join([str(shadow.parent), os.environ.get("PYTHONPATH", "")]))
        (run,) = lab.launch({})

    def reason() -> str:
        return waiting_reasons([(run, read_spec(run))], Surveyor().survey())[run.run_id]

    told = "your dispatcher cannot start it: this machine lets you start no more processes (ulimit -u"
    wait_until(lambda: reason().startswith(told), "the row to say so")
    assert state(run) is Phase.QUEUED
    assert not run.attempt(1).exit.exists()
    assert not run.attempt(2).path.exists()
    full.unlink()
    wait_for(run, Phase.FINISHED)
    assert not run.attempt(2).path.exists()
    assert dispatcher_log(lab.runs_dir).read_text().count("lets you start no more processes") == 1
    wait_until(lambda: not dispatcher_trouble(lab.runs_dir).exists(), "its trouble to pass")


def test_a_dispatcher_whose_python_is_gone_says_so_and_ends_and_the_next_look_starts_another(lab: Lab) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", lab.folder / "venv"], check=True)
    lease = take_lease("cpu-0", Holder("ann", "hers"))
    locks = take_dispatching(lab.runs_dir)  # so that the launch starts none
    (run,) = lab.launch({})
    for lock in locks:
        os.close(lock)
    python = lab.folder / "venv" / "bin" / "python"
    command = [python, "-m", "iqa_tui.service.dispatcher", lab.runs_dir]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    dispatcher = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)
    wait_until(lambda: is_dispatching(lab.runs_dir), "it to work")
    (lab.folder / "venv").rename(lab.folder / "moved")
    os.close(lease)
    said, _ = dispatcher.communicate(timeout=30)
    gone = f"the Python of this program is gone ({python})"
    assert said.count(gone) == 1
    assert "Traceback" not in said
    (reason,) = waiting_reasons([(run, read_spec(run))], Surveyor().survey()).values()
    assert reason.startswith(f"your dispatcher cannot start it: {gone}")
    assert state(run) is Phase.QUEUED
    assert revive_dispatcher(lab.runs_dir)
    wait_for(run, Phase.FINISHED)
    wait_until(lambda: not dispatcher_trouble(lab.runs_dir).exists(), "its trouble to pass")


GOES_ON, PAUSES, POSTPONED = (False, False), (True, False), (False, True)
"""Whether nothing is started for a while, and whether this run is postponed."""


class FakeSupervisors:
    """Supervisors that exit at once with this code, in the place of `subprocess.Popen`."""

    def __init__(self) -> None:
        self.returncode: int | None = 0
        self.commands: list[list[str]] = []
        self.killed = 0

    def __call__(self, command: list[str], **options: object) -> FakeSupervisors:
        self.commands.append(command)
        return self

    def poll(self) -> int | None:
        return self.returncode

    def kill(self) -> None:
        self.killed += 1


@pytest.fixture
def supervisors(monkeypatch: pytest.MonkeyPatch) -> FakeSupervisors:
    fake = FakeSupervisors()
    monkeypatch.setattr("iqa_tui.service.starts.subprocess.Popen", fake)
    return fake


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    fake = FakeClock()
    fake.now = 1000.0
    monkeypatch.setattr("iqa_tui.service.starts.time.monotonic", fake)
    monkeypatch.setattr("iqa_tui.service.starts.TRY_AGAIN_SECONDS", 5.0)
    return fake


@pytest.fixture
def starts(tmp_path: Path, supervisors: FakeSupervisors, clock: FakeClock) -> tuple[Starts, Postponed]:
    postponed = Postponed()
    return Starts(tmp_path / "dispatcher.log", postponed), postponed


def started(starts: Starts, run: RunFolder) -> None:
    starts.start(QueuedRun(run, read_spec(run)), [CPU_0])
    starts.collect()


@pytest.mark.parametrize(
    ("code", "trouble", "then"),
    [
        (EXIT_DEVICE_TAKEN, "", GOES_ON),
        (EXIT_NOT_QUEUED, "", POSTPONED),
        (EXIT_NO_ROOM, "there is no room on the disk of {runs}", PAUSES),
        (EXIT_NO_PROCESS, "this machine lets you start no more processes (ulimit -u", PAUSES),
        (EXIT_NO_LEASE, "the lease of CPU 0 cannot be taken; {log} says why", POSTPONED),
    ],
)
def test_what_a_supervisor_says_by_its_exit_code_is_heard_and_no_run_is_given_up_for_it(
    tmp_path: Path,
    starts: tuple[Starts, Postponed],
    supervisors: FakeSupervisors,
    code: int,
    trouble: str,
    then: tuple[bool, bool],
) -> None:
    made, postponed = starts
    run = make_run(tmp_path / "runs", "a")
    supervisors.returncode = code
    for _ in range(MOST_STARTS + 1):
        started(made, run)
    said = trouble.format(runs=tmp_path / "runs", log=tmp_path / "dispatcher.log")
    assert made.trouble.startswith(said)
    assert bool(made.trouble) == bool(said)
    assert (made.are_paused, run in postponed) == then
    assert not made
    assert not run.attempt(1).path.exists()


def test_the_pause_doubles_up_to_a_minute_and_is_short_again_after_a_start_that_succeeded(
    tmp_path: Path, starts: tuple[Starts, Postponed], supervisors: FakeSupervisors, clock: FakeClock
) -> None:
    made, _ = starts
    run = make_run(tmp_path, "a")

    def pause() -> float:
        supervisors.returncode = EXIT_NO_ROOM
        started(made, run)
        began = clock.now
        while made.are_paused:
            clock.now += 1
        return clock.now - began

    assert [pause() for _ in range(6)] == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]
    end_run(run, None)  # its trainer is recorded
    supervisors.returncode = 0
    started(made, run)
    assert made.trouble == ""
    run.attempt(1).process.unlink()
    assert pause() == 5.0


def test_a_device_is_promised_until_the_supervisor_has_recorded_its_trainer(
    tmp_path: Path, starts: tuple[Starts, Postponed], supervisors: FakeSupervisors, clock: FakeClock
) -> None:
    made, _ = starts
    run = make_run(tmp_path, "a")
    supervisors.returncode = None
    started(made, run)
    assert run in made
    assert made.promises().of(CPU_0) == [None]
    assert supervisors.commands[0][1:3] == ["-m", "iqa_tui.service.supervisor"]
    assert json.loads(supervisors.commands[0][4])["key"] == "cpu-0"
    end_run(run, None)
    made.collect()
    assert run not in made
    assert made.promises().of(CPU_0) == ()


def test_a_supervisor_that_records_nothing_for_a_minute_is_killed_and_its_start_counts_as_failed(
    tmp_path: Path,
    starts: tuple[Starts, Postponed],
    supervisors: FakeSupervisors,
    clock: FakeClock,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made, _ = starts
    run = make_run(tmp_path, "a")
    for number in range(1, MOST_STARTS + 1):
        supervisors.returncode = None
        started(made, run)
        clock.now += START_SECONDS
        made.collect()
        assert supervisors.killed == number - 1
        clock.now += 0.1
        made.collect()
        assert supervisors.killed == number
        assert run_status(run).phase is Phase.QUEUED
        supervisors.returncode = -9
        made.collect()
    assert run_status(run).phase is Phase.FAILED
    log = tmp_path / "dispatcher.log"
    assert run_status(run).cause == f"its supervisor did not come up 3 times; {log} says more"
    assert capsys.readouterr().out.count("a: its supervisor exited with code -9") == 3


def test_a_run_whose_folder_is_gone_is_postponed(
    tmp_path: Path, starts: tuple[Starts, Postponed], supervisors: FakeSupervisors, clock: FakeClock
) -> None:
    made, postponed = starts
    run = make_run(tmp_path, "a")
    spec = read_spec(run)
    shutil.rmtree(run.path)
    made.start(QueuedRun(run, spec), [CPU_0])
    assert (supervisors.commands, run in postponed, bool(made)) == ([], True, False)
