"""Time stamps that show whether a run changed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.runs import make_run
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.schema import ExitRecord, StopRequest
from training.runfolder.stamps import SETTLED_SECONDS, change_stamp, is_settled
from training.runfolder.write import make_folder, write_record

LONG_AGO = 1_000_000_000


def make_attempt(run: RunFolder) -> None:
    make_folder(run.attempts_dir)
    make_folder(run.attempt(1).path)


def settled(run: RunFolder) -> tuple[int, ...]:
    """Its stamp after nothing happened for a long time."""
    for path in (run.attempt(1).path, run.attempts_dir, run.path):
        if path.exists():
            os.utime(path, (LONG_AGO, LONG_AGO))
    stamp = change_stamp(run, attempt=1)
    assert stamp is not None
    return stamp


def test_folders_that_are_not_there_count_as_nothing(tmp_path: Path) -> None:
    assert change_stamp(RunFolder(tmp_path / "gone"), attempt=0) == (0, 0, 0)
    run = make_run(tmp_path, "a")
    assert settled(run) == (LONG_AGO * 10**9, 0, 0)
    make_attempt(run)
    assert settled(run) == (LONG_AGO * 10**9,) * 3


@pytest.mark.parametrize(
    "change",
    [
        lambda run: write_record(run.stop, StopRequest("ann", 1.0)),
        lambda run: write_record(run.attempt(1).exit, ExitRecord(ExitKind.FAILED, "exit 1", 1.0, 1.0)),
        lambda run: make_folder(run.attempt(2).path),
    ],
    ids=["a stop", "an end", "another attempt"],
)
def test_every_file_that_appears_changes_the_stamp(tmp_path: Path, change: Callable[[RunFolder], None]) -> None:
    run = make_run(tmp_path, "a")
    make_attempt(run)
    before = settled(run)
    change(run)
    assert change_stamp(run, attempt=1) != before


def test_a_folder_that_cannot_be_looked_at_has_no_stamp(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a")
    run.attempts_dir.symlink_to("attempts")  # a loop
    assert change_stamp(run, attempt=1) is None


def test_a_stamp_is_trusted_once_it_is_two_seconds_old() -> None:
    now = time.time_ns()
    assert not is_settled((0, now))
    assert not is_settled((now - int(SETTLED_SECONDS * 1e9) + 10**9, 0))
    assert is_settled((0, now - int(SETTLED_SECONDS * 1e9) - 10**6))
    assert is_settled((0, 0, 0))
