"""Everything that is made in a run is its owner's alone to write, whatever the umask and the lists of rights say."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from iqa_tui.queue.hold import hold_run, prioritise_run, release_run
from iqa_tui.queue.retry import retry_run
from iqa_tui.queue.stop import stop_run
from tests.fakes.lab import Lab, lab, state, stub, wait_for, wait_until
from tests.fakes.photographs import write_csv_dataset
from tests.fakes.trainer_processes import SMALL, train
from training.runfolder.held import hold, open_to_others
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase

__all__ = ["lab"]

EVERYBODY = 2**32 - 1
LIST_OF_RIGHTS = bytes.fromhex("02000000") + b"".join(
    tag.to_bytes(2, "little") + rights.to_bytes(2, "little") + who.to_bytes(4, "little")
    for tag, rights, who in [
        *((1, 7, EVERYBODY), (2, 7, 61_234), (4, 7, EVERYBODY)),
        *((16, 7, EVERYBODY), (32, 7, EVERYBODY)),
    ]
)
"""Owner, user 61234, group, mask and all others may do everything (linux/posix_acl_xattr.h)."""


@pytest.fixture
def generous(tmp_path: Path) -> Iterator[None]:
    """A umask of 0, and below the test's folder rights for all that are handed down."""
    with_lists = True
    try:
        os.setxattr(tmp_path, "system.posix_acl_default", LIST_OF_RIGHTS)
    except OSError:
        with_lists = False  # the umask alone must do
    before = os.umask(0)
    yield
    os.umask(before)
    if with_lists:
        os.removexattr(tmp_path, "system.posix_acl_default")


def open_words(run: RunFolder) -> str:
    _, descriptor = hold(run)
    try:
        found = open_to_others(descriptor)
        return found.words if found else ""
    finally:
        os.close(descriptor)


def test_launch_orders_supervisor_and_retry_leave_nothing_open(
    generous: None, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    (lab.runs_dir).rmdir()  # made by the launch, below a folder that hands rights down
    first, second = lab.launch({"flags": {"seconds": 60}}, {"flags": {"seconds": 0.1}})
    stub(first)
    hold_run(second)
    prioritise_run(second, "high")
    stop_run(first, grace_seconds=0.1)
    wait_for(first, Phase.STOPPED)
    release_run(second)
    wait_for(second, Phase.FINISHED)
    retry_run(first)
    wait_until(lambda: state(first) is Phase.RUNNING, "it to run again")
    assert first.attempt(2).process.exists()
    assert (open_words(first), open_words(second)) == ("", "")


def test_our_trainer_leaves_nothing_open(generous: None, tmp_path: Path) -> None:
    labels = write_csv_dataset(tmp_path / "data")
    run = RunFolder(tmp_path / "runs" / "mine")
    done = train(*SMALL, "--epochs", 1, "--data_path", labels, "--run_folder", run.path)
    assert done.returncode == 0, done.stderr
    assert run.best_weights.exists()
    assert open_words(run) == ""
