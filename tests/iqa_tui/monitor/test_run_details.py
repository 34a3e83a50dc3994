"""What stands in the folder of a run, for its page."""

from __future__ import annotations

import os
from pathlib import Path

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.run_details import RunDetails, read_details
from tests.fakes.run_folders import FakeRun
from training.runfolder.exits import ExitKind


def details(runs_dir: Path) -> RunDetails:
    (state,) = Catalog(runs_dir).refresh()
    return read_details(state)


def test_every_attempt_is_told_with_its_records(tmp_path: Path) -> None:
    fake = FakeRun.queue(tmp_path, "F2").start(at=1000.0).end(ExitKind.STOPPED, "stopped by ann")
    fake.start(at=2000.0, attempt=2)
    first, second = details(tmp_path).attempts
    assert (first.number, first.exit.cause if first.exit else "") == (1, "stopped by ann")
    assert (second.number, second.exit) == (2, None)
    assert second.process is not None
    assert second.process.started == 2000.0


def test_files_are_listed_by_size_and_links_are_not_followed(tmp_path: Path) -> None:
    fake = FakeRun.queue(tmp_path, "F2").start()
    fake.run.checkpoints.mkdir()
    fake.run.best_checkpoint.write_bytes(b"x" * 70_000)
    (fake.run.path / "outside").symlink_to("/")
    os.mkfifo(fake.run.path / "pipe")
    files = details(tmp_path).files
    assert files[0] == ("checkpoints/best.pt", 70_000)
    assert {"spec.json", "attempts/1/process.json"} <= {name for name, _ in files}
    assert not any("outside" in name or "pipe" in name for name, _ in files)


def test_damaged_records_leave_the_rest(tmp_path: Path) -> None:
    fake = FakeRun.queue(tmp_path, "F2").start().end()
    fake.run.attempt(1).exit.write_text("{torn")
    (attempt,) = details(tmp_path).attempts
    assert attempt.exit is None
    assert attempt.process is not None


def test_a_folder_that_is_gone_has_no_details(tmp_path: Path) -> None:
    fake = FakeRun.queue(tmp_path, "F2")
    (state,) = Catalog(tmp_path).refresh()
    fake.run.path.rename(tmp_path / "elsewhere")
    assert read_details(state).files == ()
