"""What was started for a run is found and ended by its mark, and nothing else is."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from iqa_tui.processes import marks, strays
from iqa_tui.processes.strays import end_strays, marked_processes
from iqa_tui.service import orphans as keeper
from tests.fakes.marked import mark, record_of, sleeper
from tests.fakes.runs import make_run
from training.runfolder.layout import RunFolder
from training.runfolder.lock import is_held, take_lock
from training.runfolder.schema import StopRequest
from training.runfolder.write import write_record


def test_processes_are_found_by_run_whatever_the_folder_is_called_by_now(tmp_path: Path) -> None:
    runs_dir = tmp_path / "runs"
    runs_dir.mkdir()
    run, other = make_run(runs_dir, "a"), make_run(runs_dir, "b")
    with sleeper(mark(run)) as first, sleeper(mark(run, attempt=2)) as second, sleeper(mark(other)) as third:
        assert marked_processes(runs_dir) == {run.path: {first.pid, second.pid}, other.path: {third.pid}}
        runs_dir.rename(tmp_path / "moved")
        moved = RunFolder(tmp_path / "moved" / "a")
        assert marked_processes(tmp_path / "moved")[moved.path] == {first.pid, second.pid}
        shutil.rmtree(moved.attempts_dir)
        assert moved.path not in marked_processes(tmp_path / "moved")


def test_where_inodes_are_numbered_anew_the_token_alone_tells_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path, "a")
    make_run(tmp_path, "b")
    with sleeper(f"1:{mark(run).partition(':')[2]}") as process:
        assert marked_processes(tmp_path) == {}
        for module in (marks, strays):
            monkeypatch.setattr(module, "renumbers", lambda path: True)
        assert marked_processes(tmp_path) == {run.path: {process.pid}}


def test_strays_are_ended_and_no_other_process_is(tmp_path: Path) -> None:
    run, other = make_run(tmp_path, "a"), make_run(tmp_path, "b")
    copy = RunFolder(tmp_path / "copy")
    with sleeper(mark(run)) as stray, sleeper(mark(other)) as neighbour, sleeper(f"1:1:{'0' * 64}") as forged:
        shutil.copytree(run.path, copy.path)
        assert end_strays(copy, grace_seconds=0.0) == 0
        assert [process.poll() for process in (stray, neighbour, forged)] == [None] * 3
        assert _ended(run, stray) == 1
        assert [process.poll() for process in (neighbour, forged)] == [None] * 2


def test_the_keeper_looks_at_the_locks_of_the_very_folder_whose_processes_it_would_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, decoy = make_run(tmp_path, "a"), make_run(tmp_path, "decoy")
    alive = take_lock(run.alive_lock)

    def asked_while_another_folder_has_the_name(path: Path) -> bool:
        run.path.rename(tmp_path / "aside")
        decoy.path.rename(run.path)
        try:
            return is_held(path)
        finally:
            run.path.rename(decoy.path)
            (tmp_path / "aside").rename(run.path)

    monkeypatch.setattr(keeper, "is_held", asked_while_another_folder_has_the_name)
    with sleeper(mark(run)) as trainer:
        keeper.OrphanKeeper(tmp_path, lambda words: None).look()
        assert trainer.poll() is None
    os.close(alive)


def test_a_folder_that_was_moved_and_made_anew_under_its_name_costs_no_process(tmp_path: Path) -> None:
    runs_dir = tmp_path / "runs"
    runs_dir.mkdir()
    run = make_run(runs_dir, "a")
    alive = take_lock(run.alive_lock)
    with sleeper(mark(run)) as trainer:
        run.path.rename(tmp_path / "moved")
        mark(make_run(runs_dir, "a"))
        keeper.OrphanKeeper(runs_dir, lambda words: None).look()
        assert trainer.poll() is None
    os.close(alive)


def test_a_trainer_is_pressed_by_its_mark_though_its_record_names_another_process(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a")
    alive = take_lock(run.alive_lock)
    with sleeper(mark(run)) as trainer, sleeper() as victim:
        write_record(run.attempt(1).process, record_of(victim.pid))
        write_record(run.stop, StopRequest("ann", 1.0))
        keeper.OrphanKeeper(tmp_path, lambda words: None).look()
        assert trainer.wait(10) == -signal.SIGTERM
        assert victim.poll() is None
    os.close(alive)


def _ended(run: RunFolder, stray: subprocess.Popen[bytes]) -> int:
    """A process of a real run is reaped by its supervisor or init; this one is ours, and we wait while it is looked for."""
    waiting = threading.Thread(target=stray.wait)
    waiting.start()
    ended = end_strays(run)
    waiting.join(10)
    assert stray.returncode is not None
    return ended
