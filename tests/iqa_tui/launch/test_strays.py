"""What was started for a run is found and ended by its mark, and nothing else is."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from iqa_tui.launch import marks, strays
from iqa_tui.launch.keeper import Keeper
from iqa_tui.launch.strays import end_strays, marked_processes
from tests.fakes.marked import make_run, mark, sleeper
from training.runfolder.layout import RunFolder
from training.runfolder.lock import take_lock


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


def test_the_keeper_looks_at_locks_and_tokens_of_one_folder_so_a_moved_one_loses_nothing(tmp_path: Path) -> None:
    runs_dir = tmp_path / "runs"
    runs_dir.mkdir()
    run = make_run(runs_dir, "a")
    alive = take_lock(run.alive_lock)
    assert alive
    with sleeper(mark(run)) as trainer:
        run.path.rename(tmp_path / "moved")
        made_anew = make_run(runs_dir, "a")  # as a writer does that knows the name alone
        mark(made_anew)
        Keeper(runs_dir, lambda words: None).look()
        assert trainer.poll() is None


def _ended(run: RunFolder, stray: subprocess.Popen[bytes]) -> int:
    """A process of a real run is reaped by its supervisor or init; this one is ours, and we wait while it is looked for."""
    import threading

    waiting = threading.Thread(target=stray.wait)
    waiting.start()
    ended = end_strays(run)
    waiting.join(10)
    assert stray.returncode is not None
    return ended
