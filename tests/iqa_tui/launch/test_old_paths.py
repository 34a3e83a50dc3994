"""Programs that an upgrade finds running start their children by the old paths, and those must do the same work."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

from iqa_tui.devices.gpus.driver import Driver
from iqa_tui.devices.lease import lease_holder
from iqa_tui.processes.start import ROOT, child_environment, program
from iqa_tui.queue import as_owner, dispatching
from iqa_tui.queue.as_owner import REFUSED
from iqa_tui.queue.dispatcher_files import dispatcher_log
from iqa_tui.queue.hold import hold_run
from iqa_tui.service.supervisor_exits import EXIT_NOT_QUEUED
from iqa_tui.words.people import user_name
from tests.fakes.lab import Lab, exit_record, process, state, wait_for_end, wait_until
from tests.fakes.nvml import FakeGpus
from tests.fakes.other_users import UNPRIVILEGED, needs_root, run_of
from training.runfolder.exits import ExitKind
from training.runfolder.phase import Phase
from training.runfolder.status import run_status

SUPERVISOR = "iqa_tui.launch.supervisor"


def command_line(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")[:-1]


def test_a_whole_run_of_a_supervisor_that_was_started_by_the_old_path_finishes(lab: Lab) -> None:
    go = lab.folder / "go"
    (run,) = lab.queue({"flags": {"say": "hello", "until": str(go)}})
    supervisor = lab.supervise(run, module=SUPERVISOR)
    assert process(run).supervisor_pid == supervisor.pid
    assert command_line(supervisor.pid)[1:3] == ["-m", SUPERVISOR]
    assert state(run) is Phase.RUNNING
    holder = lease_holder("cpu-0")
    assert holder is not None
    assert holder.run_id == run.run_id
    go.touch()
    assert supervisor.wait() == 0
    assert state(run) is Phase.FINISHED
    assert exit_record(run).kind is ExitKind.FINISHED
    assert run.attempt(1).output.read_bytes() == b"hello\n"
    assert lease_holder("cpu-0") is None


def test_the_old_supervisor_tells_the_old_dispatcher_by_its_exit_code_that_the_run_is_not_queued(lab: Lab) -> None:
    (run,) = lab.queue({})
    assert lab.supervise(run, module=SUPERVISOR).wait() == 0
    assert lab.supervise(run, module=SUPERVISOR).wait() == EXIT_NOT_QUEUED
    assert [attempt.number for attempt in run.attempts()] == [1]


def test_a_dispatcher_that_was_started_by_the_old_path_gives_every_run_its_device(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def old_program(module: str, *arguments: str) -> list[str]:
        assert module == "iqa_tui.service.dispatcher"
        return program("iqa_tui.launch.dispatcher", *arguments)

    monkeypatch.setattr(dispatching, "program", old_program)
    go = lab.folder / "go"
    runs = lab.launch({"flags": {"until": str(go)}}, {}, {})
    process(runs[0])
    lines = [command_line(pid) for pid in lab.processes()]
    assert [sys.executable, "-m", "iqa_tui.launch.dispatcher", str(lab.runs_dir)] in lines
    go.touch()
    wait_for_end(*runs)
    assert [state(run) for run in runs] == [Phase.FINISHED] * 3
    wait_until(lambda: not lab.processes(), "the dispatcher to exit")
    assert dispatcher_log(lab.runs_dir).read_text().count("goes to CPU 0") == 3


def test_the_file_by_which_an_old_dispatcher_sees_that_its_program_is_still_there_exists() -> None:
    """It looks at the file that held `is_whole` before every start, and exits if it is gone, with its runs queued."""
    assert (ROOT / "iqa_tui" / "launch" / "processes.py").is_file()


def test_the_sampler_answers_by_its_old_path_what_it_answers_by_the_new_one(gpus: FakeGpus) -> None:
    gpus.used_mib, gpus.percent = {0: 21_000}, {0: 63}
    gpus.write()
    readings = []
    for module in ("iqa_tui.gpus.sampler", "iqa_tui.devices.gpus.sampler"):
        driver = Driver(program(module), child_environment(), start_seconds=60.0, answer_seconds=60.0)
        readings.append(driver.look())
        driver.close()
    old, new = readings
    assert (old.trouble, len(old.samples), old.samples[0].utilisation_percent) == ("", gpus.count, 63)
    assert dataclasses.replace(old, taken_at=0.0) == dataclasses.replace(new, taken_at=0.0)


def test_the_order_child_refuses_by_its_old_path_what_is_no_order(lab: Lab) -> None:
    (run,) = lab.queue({})
    for module in ("iqa_tui.launch.order_child", "iqa_tui.queue.order_child"):
        command = program(module, str(lab.runs_dir), run.run_id, "delete_run", "{}")
        done = subprocess.run(command, env=child_environment(), capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (REFUSED, "")
        assert done.stdout == "delete_run: no such order, or no user to give it as\n"


@needs_root
def test_roots_order_is_carried_out_by_its_old_path_in_the_owners_name(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def old_program(module: str, *arguments: str) -> list[str]:
        assert module == "iqa_tui.queue.order_child"
        return program("iqa_tui.launch.order_child", *arguments)

    monkeypatch.setattr(as_owner, "program", old_program)
    run = run_of(place, UNPRIVILEGED)
    assert hold_run(run) == "a is held: it starts once it is released."
    assert run_status(run).cause == "held by root"
    assert run.place.stat().st_uid == UNPRIVILEGED


@pytest.mark.skipif(os.geteuid() == 0, reason="root's orders are carried out in the owner's name: the test above")
def test_the_order_child_carries_an_order_out_by_its_old_path(lab: Lab) -> None:
    (run,) = lab.queue({})
    command = program("iqa_tui.launch.order_child", str(lab.runs_dir), run.run_id, "hold_run", "{}")
    done = subprocess.run(command, env=child_environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"{run.run_id} is held: it starts once it is released.\n")
    assert run_status(run).cause == f"held by {user_name()}"
