"""What waits, in which order, and that a look at it is cheap and never stale."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.errors import LaunchError
from iqa_tui.monitor.catalog import Catalog
from iqa_tui.queue import backlog
from iqa_tui.queue.backlog import Backlog
from iqa_tui.queue.stop import stop_run
from tests.fakes.lab import (
    Lab,
)
from tests.fakes.other_users import seen_by_another
from tests.fakes.run_folders import hold_dispatcher_lock
from tests.fakes.runs import queue_run
from tests.trust.damage import KINDS
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.schema import ExitRecord
from training.runfolder.status import run_status
from training.runfolder.write import write_record


def queued(waiting: Backlog) -> list[str]:
    return [run.run_id for run, _ in waiting.read().queued]


def end(run: RunFolder) -> None:
    """Ended long enough ago for its time stamps to be trusted."""
    write_record(run.attempt(1).exit, ExitRecord(ExitKind.FAILED, "exit 1", 0.0, 1.0))
    for path in (run.attempt(1).path, run.attempts_dir, run.path):
        os.utime(path, (time.time() - 100, time.time() - 100))


def test_priority_goes_before_age_and_age_before_length(tmp_path: Path) -> None:
    queue_run(tmp_path, "old-short", expected_hours=1.0, order=0)
    queue_run(tmp_path, "old-long", expected_hours=2.0, order=1)
    queue_run(tmp_path, "old-long-2", expected_hours=2.0, order=2)
    queue_run(tmp_path, "new-longest", expected_hours=9.0, created=5.0)
    queue_run(tmp_path, "low", priority="low", expected_hours=9.0)
    queue_run(tmp_path, "newest-high", priority="high", created=9.0)
    assert queued(Backlog(tmp_path)) == ["newest-high", "old-long", "old-long-2", "old-short", "new-longest", "low"]


def test_a_run_that_is_over_is_not_looked_into_again_until_its_folder_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = queue_run(tmp_path, "a")
    waiting = Backlog(tmp_path)
    assert queued(waiting) == ["a"]
    end(run)
    looks: list[str] = []

    def counted(run: RunFolder, *, begun_attempt: int = 0, **more: Any) -> object:
        looks.append(run.run_id)
        return run_status(run, begun_attempt=begun_attempt, **more)

    monkeypatch.setattr(backlog, "run_status", counted)
    assert [queued(waiting), queued(waiting), queued(waiting)] == [[], [], []]
    assert looks == ["a"]
    run.attempt(2).path.mkdir()
    assert queued(waiting) == ["a"]


def test_a_priority_of_a_later_version_counts_as_medium(tmp_path: Path) -> None:
    queue_run(tmp_path, "strange", priority="whenever", created=1.0)
    queue_run(tmp_path, "medium", created=2.0)
    queue_run(tmp_path, "low", priority="low")
    assert queued(Backlog(tmp_path)) == ["strange", "medium", "low"]


def test_no_folder_is_an_empty_queue(tmp_path: Path) -> None:
    assert queued(Backlog(tmp_path / "absent")) == []


@pytest.mark.parametrize(
    "kind", ["a pipe", "a socket", "a device", "a link to itself", "a hollow file", "an empty file"]
)
@pytest.mark.parametrize("file", ["spec.json", "stop.json", "result.json", "place.json", "attempts", "alive.lock"])
def test_a_damaged_run_is_left_out_and_the_others_are_queued(tmp_path: Path, kind: str, file: str) -> None:
    queue_run(tmp_path, "a")
    bad = queue_run(tmp_path, "b")
    queue_run(tmp_path, "c")
    KINDS[kind](bad.path / file)
    waiting = Backlog(tmp_path, own_only=True)
    is_sound = file == "alive.lock" and kind in ("a hollow file", "an empty file")
    for _ in range(2):
        assert queued(waiting) == (["a", "b", "c"] if is_sound else ["a", "c"])


def test_a_link_to_a_run_is_never_queued(tmp_path: Path) -> None:
    queue_run(tmp_path, "a")
    (tmp_path / "b").symlink_to("a")
    assert queued(Backlog(tmp_path, own_only=True)) == ["a"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")
def test_what_one_user_keeps_closed_hides_nothing_from_another(lab: Lab) -> None:
    dispatching = hold_dispatcher_lock(lab.runs_dir)
    closed, open_one = lab.launch({}, {})
    (lab.runs_dir / "lost+found").mkdir(mode=0o700)
    closed.path.chmod(0o700)
    with seen_by_another(lab.folder):
        states = Catalog(lab.runs_dir).refresh()
        waiting = Backlog(lab.runs_dir).read()
        with pytest.raises(LaunchError, match=r"cannot be written \(Permission denied\)\. Ask root, whose run it is\."):
            stop_run(open_one)
    os.close(dispatching)
    assert {known.run_id: known.phase for known in states} == {
        closed.run_id: Phase.UNREADABLE,
        open_one.run_id: Phase.QUEUED,
    }
    assert states[0].status.cause == f"{closed.spec}: may not be read by you. Ask its owner."
    assert [run for run, _ in waiting.queued] == [open_one]
