"""Runs that cannot be worked on keep no other waiting."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from iqa_tui.devices.lease import Holder, take_lease
from iqa_tui.errors import LaunchError
from iqa_tui.monitor.catalog import Catalog
from iqa_tui.queue.dispatcher_files import (
    dispatcher_log,
)
from iqa_tui.queue.stop import stop_run
from iqa_tui.service import postponed as room
from iqa_tui.service.postponed import Postponed
from tests.fakes.clock import FakeClock
from tests.fakes.lab import (
    Lab,
    state,
    wait_for,
    wait_for_end,
    wait_until,
)
from training.runfolder.errors import UnreadableFile
from training.runfolder.layout import RunFolder
from training.runfolder.lock import take_lock
from training.runfolder.phase import Phase


def test_runs_whose_folders_are_damaged_keep_no_other_run_waiting(lab: Lab) -> None:
    lease = take_lease("cpu-0", Holder("ann", "hers"))
    runs = lab.launch(*[{}] * 9)
    torn, gone, no_folder, no_lock, no_output, deleted, silent, odd, good = runs
    torn.spec.write_text('{"form')
    gone.spec.unlink()
    no_folder.attempts_dir.touch()
    no_lock.alive_lock.mkdir()
    (no_output.attempt(1).path / "output.log").mkdir(parents=True)
    shutil.rmtree(deleted.path)
    silent.events.mkdir()
    odd.place.write_text("[]")
    states = {known.run_id: known.status for known in Catalog(lab.runs_dir).refresh()}
    assert "Move the file away" in states[torn.run_id].cause
    assert states[no_folder.run_id].cause == f"{no_folder.attempts_dir}: is no folder, or a link to one. Move it away."
    assert states[no_lock.run_id].cause == f"{no_lock.alive_lock}: is a folder, not a file. Move it away."
    assert sorted(states) == sorted(run.run_id for run in runs if run not in (gone, deleted))
    os.close(lease)
    wait_for_end(good, silent)
    log = dispatcher_log(lab.runs_dir)
    wait_until(lambda: state(no_output) is Phase.FAILED, "the run without an output to be given up")
    assert state(good) is state(silent) is Phase.FINISHED
    assert log.read_text().count(f"{no_output.run_id}: its supervisor exited with code 1") == 3
    assert no_lock.run_id not in log.read_text()
    with pytest.raises(LaunchError, match=r"is unreadable: .*attempts: is no folder, or a link to one"):
        stop_run(no_folder)


def test_a_run_in_whose_folder_nothing_can_be_done_is_postponed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    postponed = Postponed()
    run = RunFolder(tmp_path / "r")
    tries: list[RunFolder] = []

    def resume(folder: RunFolder) -> None:
        tries.append(folder)
        raise UnreadableFile(f"{folder.alive_lock}: is a pipe, not a file.")

    for _ in range(2):
        postponed.unless_postponed(run, resume)
    assert tries == [run]
    assert "alive.lock: is a pipe, not a file.; it is postponed by 60 s" in capsys.readouterr().out


def test_a_run_whose_lock_another_process_holds_keeps_no_other_run_waiting(lab: Lab) -> None:
    lease = take_lease("cpu-0", Holder("ann", "hers"))
    first, second = lab.launch({}, {})
    stuck = take_lock(first.supervisor_lock)  # as by a supervisor that hangs before its trainer
    os.close(lease)
    wait_for(second, Phase.FINISHED)
    assert state(first) is Phase.QUEUED
    os.close(stuck)


def test_a_postponed_run_is_looked_at_again_when_its_time_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock()
    monkeypatch.setattr(room.time, "monotonic", clock)
    postponed, run, other = Postponed(), RunFolder(tmp_path / "r"), RunFolder(tmp_path / "s")
    clock.now = 100.0
    postponed.add(run, 5.0)
    tried: list[str] = []
    for clock.now in (100.0, 104.9, 105.0):
        postponed.unless_postponed(run, lambda folder: tried.append(f"{folder.run_id} at {clock.now}"))
        postponed.unless_postponed(other, lambda folder: tried.append(folder.run_id))
    assert tried == ["s", "s", "r at 105.0", "s"]
    assert run not in postponed


def test_a_mistake_of_ours_postpones_no_run(tmp_path: Path) -> None:
    postponed, run = Postponed(), RunFolder(tmp_path / "r")
    with pytest.raises(ZeroDivisionError):
        postponed.unless_postponed(run, lambda folder: 1 // 0)  # type: ignore[arg-type,return-value]
    assert run not in postponed
