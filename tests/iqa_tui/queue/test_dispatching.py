"""Starting a dispatcher for queued runs."""

from __future__ import annotations

import errno
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.plans.plan import Plan, load_plan
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.queue import dispatching
from iqa_tui.queue import enqueue as queue
from iqa_tui.queue.dispatcher_files import (
    dispatcher_lock,
)
from iqa_tui.queue.dispatching import ensure_dispatcher, revive_dispatcher, revive_in_words
from iqa_tui.queue.enqueue import enqueue
from tests.fakes.lab import (
    Lab,
    state,
    stub,
    wait_for_end,
    wait_until,
)
from tests.fakes.run_folders import FakeRun
from training.runfolder.lock import is_held
from training.runfolder.phase import Phase
from training.runfolder.read import read_record
from training.runfolder.schema import ProcessRecord
from training.runfolder.write import write_record


@pytest.fixture
def plan() -> Plan:
    return load_plan("koniq-losses")


@pytest.fixture
def no_dispatcher(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(queue, "ensure_dispatcher", lambda runs_dir: None)
    monkeypatch.setenv("IQA_TUI_LEASES", str(tmp_path / "leases"))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def test_a_command_that_only_looks_works_though_no_dispatcher_can_be_started(
    plan: Plan, tmp_path: Path, no_dispatcher: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(runs_dir: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    enqueue(LaunchRequest(plan, experiments=("F2",), runs_dir=tmp_path / "runs"))
    monkeypatch.setattr(dispatching, "ensure_dispatcher", refuse)
    assert revive_in_words(tmp_path / "runs").endswith("No space left on device")


def test_a_dispatcher_is_started_only_if_runs_of_ours_wait_and_none_works(
    plan: Plan, tmp_path: Path, no_dispatcher: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Path] = []
    monkeypatch.setattr(dispatching, "ensure_dispatcher", started.append)
    runs_dir = tmp_path / "runs"
    runs_dir.mkdir()
    assert revive_in_words(runs_dir) == ""
    enqueue(LaunchRequest(plan, experiments=("F2",), runs_dir=runs_dir))
    assert revive_in_words(runs_dir) == "Runs wait and no dispatcher sees to them: one is started."
    assert started == [runs_dir]
    monkeypatch.setattr(dispatching, "is_dispatching", lambda _: True)
    assert revive_in_words(runs_dir) == ""
    assert started == [runs_dir]


def test_a_run_that_a_reboot_may_have_ended_gets_a_dispatcher_which_watches_its_beat(
    plan: Plan, tmp_path: Path, no_dispatcher: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Path] = []
    monkeypatch.setattr(dispatching, "ensure_dispatcher", started.append)
    run = FakeRun.queue(tmp_path / "runs", "F2").start().run
    process = read_record(run.attempt(1).process, ProcessRecord)
    assert process is not None
    for host, boot, wanted in [("nodeb", "theirs", False), (process.host, "an-earlier-boot", True)]:
        write_record(run.attempt(1).process, replace(process, host=host, boot_id=boot))
        run.attempt(1).beat.touch()
        assert revive_dispatcher(run.runs_dir) is wanted


def test_a_killed_dispatcher_is_replaced_at_the_next_look(lab: Lab) -> None:
    go = lab.folder / "go"
    first, second = lab.launch({"flags": {"until": str(go)}}, {})
    stub(first)
    assert not revive_dispatcher(lab.runs_dir)
    for pid in lab.dispatchers():
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_held(dispatcher_lock(lab.runs_dir)), "the dispatcher's lock")
    go.touch()
    wait_for_end(first)
    assert state(first) is Phase.FINISHED
    assert state(second) is Phase.QUEUED
    assert revive_dispatcher(lab.runs_dir)
    wait_for_end(second)
    assert state(second) is Phase.FINISHED
    assert not revive_dispatcher(lab.runs_dir)


def test_a_folder_has_one_dispatcher_however_many_are_started(lab: Lab) -> None:
    (run,) = lab.launch({"flags": {"seconds": 60}}, {})[:1]
    stub(run)
    for _ in range(3):
        ensure_dispatcher(lab.runs_dir)
    assert len(lab.dispatchers()) == 1
