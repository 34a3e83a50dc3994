"""What was read of a run is read again only after its folder changed."""

from __future__ import annotations

import os
import time
from pathlib import Path

from iqa_tui.monitor.remembered import Remembered
from tests.fakes.run_folders import FakeRun
from training.runfolder.layout import RunFolder


def settle(run: RunFolder) -> None:
    """Make every folder of the run as old as one that a user looks at later."""
    then = time.time() - 60
    for folder in (run.path, *(path for path in run.path.rglob("*") if path.is_dir())):
        os.utime(folder, (then, then))


class FakeReader:
    def __init__(self, *, is_lasting: bool) -> None:
        self.looks = 0
        self.is_lasting = is_lasting

    def __call__(self, run: RunFolder) -> tuple[int, bool]:
        self.looks += 1
        return self.looks, self.is_lasting


def test_a_settled_run_is_read_once_and_again_after_any_change(tmp_path: Path) -> None:
    run = FakeRun.queue(tmp_path, "F2").start().run
    settle(run)
    remembered = Remembered(FakeReader(is_lasting=True))
    assert [remembered.of(run), remembered.of(run)] == [1, 1]
    (run.attempt(1).path / "exit.json").write_text("{}")
    assert remembered.of(run) == 2
    settle(run)
    assert [remembered.of(run), remembered.of(run)] == [3, 3]
    run.attempt(2).path.mkdir()
    assert remembered.of(run) == 4


def test_a_run_that_changes_without_a_time_stamp_is_read_every_time(tmp_path: Path) -> None:
    run = FakeRun.queue(tmp_path, "F2").run
    settle(run)
    remembered = Remembered(FakeReader(is_lasting=False))
    assert [remembered.of(run), remembered.of(run)] == [1, 2]


def test_a_folder_that_has_just_changed_may_change_again_within_one_tick(tmp_path: Path) -> None:
    run = FakeRun.queue(tmp_path, "F2").run
    remembered = Remembered(FakeReader(is_lasting=True))
    assert [remembered.of(run), remembered.of(run)] == [1, 2]


def test_attempts_that_cannot_be_listed_are_looked_at_again(tmp_path: Path) -> None:
    run = FakeRun.queue(tmp_path, "F2").run
    run.attempts_dir.write_text("no folder")
    settle(run)
    remembered = Remembered(FakeReader(is_lasting=True))
    assert [remembered.of(run), remembered.of(run)] == [1, 2]
