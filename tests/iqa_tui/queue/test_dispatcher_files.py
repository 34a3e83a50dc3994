"""No other user can reach the lock, the log and the trouble of a user's dispatcher."""

from __future__ import annotations

import fcntl
import os

import pytest

from iqa_tui.errors import LaunchError
from iqa_tui.queue import dispatcher_files
from iqa_tui.queue.dispatcher_files import (
    dispatcher_lock,
    dispatcher_log,
    dispatcher_trouble,
    dispatches_as_before,
    is_dispatching,
    older_dispatcher_lock,
    read_trouble,
    take_dispatching,
    write_trouble,
)
from iqa_tui.trust.state_folder import state_path
from tests.fakes.lab import Lab
from tests.fakes.strange_files import make_folder, make_link, make_pipe
from training.runfolder.errors import LockHeld
from training.runfolder.host import host_name
from training.runfolder.lock import take_lock


def release(locks: list[int]) -> None:
    for lock in locks:
        os.close(lock)


def test_they_stand_in_the_users_own_state_by_host_and_folder_of_runs(lab: Lab) -> None:
    (lab.folder / "others").mkdir()
    files = [dispatcher_lock(lab.runs_dir), dispatcher_log(lab.runs_dir), dispatcher_trouble(lab.runs_dir)]
    assert {path.parent for path in files} == {state_path()}
    assert all(path.name.startswith(f"dispatcher-{host_name()}-") for path in files)
    assert dispatcher_lock(lab.runs_dir) != dispatcher_lock(lab.folder / "others")
    release(take_dispatching(lab.runs_dir))
    assert list(lab.runs_dir.iterdir()) == []
    assert state_path().stat().st_mode & 0o777 == 0o700


def test_a_folder_of_runs_that_is_renamed_or_reached_by_a_link_keeps_its_dispatcher(lab: Lab) -> None:
    locks = take_dispatching(lab.runs_dir)
    moved = lab.runs_dir.rename(lab.folder / "moved")
    (lab.folder / "link").symlink_to(moved)
    assert is_dispatching(moved)
    with pytest.raises(LockHeld):
        take_dispatching(lab.folder / "link")
    release(locks)
    assert not is_dispatching(moved)


@pytest.mark.parametrize("name", ["host_name", "boot_id", "machine_id"])
def test_each_host_has_a_dispatcher_of_its_own_cloned_ones_too(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    locks = take_dispatching(lab.runs_dir)
    monkeypatch.setattr(dispatcher_files, name, lambda: "another")
    assert not is_dispatching(lab.runs_dir)
    locks += take_dispatching(lab.runs_dir)
    release(locks)


def test_a_dispatcher_of_an_earlier_version_and_one_of_this_never_work_beside_each_other(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = older_dispatcher_lock(lab.runs_dir, os.geteuid())
    before = take_lock(older)
    assert is_dispatching(lab.runs_dir)
    assert dispatches_as_before(lab.runs_dir, os.geteuid())
    with pytest.raises(LockHeld, match="held by a dispatcher of an earlier version"):
        take_dispatching(lab.runs_dir)
    os.close(before)
    assert not is_dispatching(lab.runs_dir)
    locks = take_dispatching(lab.runs_dir)
    with pytest.raises(LockHeld):  # as an earlier version takes it
        take_lock(older, wait_seconds=0.0)
    monkeypatch.setattr(dispatcher_files, "host_name", lambda: "another")
    locks += take_dispatching(lab.runs_dir)
    release(locks)


@pytest.mark.parametrize("make", [make_pipe, make_link, make_folder])
def test_what_stands_in_the_place_of_the_older_lock_holds_up_nothing(lab: Lab, make: object) -> None:
    older = older_dispatcher_lock(lab.runs_dir, os.geteuid())
    make(older)  # type: ignore[operator]
    held = os.open(lab.runs_dir, os.O_RDONLY)
    if older.is_symlink():
        held = os.open(lab.runs_dir / "dear to me", os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_EX)
    assert not is_dispatching(lab.runs_dir)
    release(take_dispatching(lab.runs_dir))
    os.close(held)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
def test_a_lock_that_another_user_made_and_holds_holds_up_nothing(lab: Lab) -> None:
    theirs = take_lock(older_dispatcher_lock(lab.runs_dir, os.geteuid()))
    os.fchown(theirs, 12_345, 12_345)
    assert not is_dispatching(lab.runs_dir)
    release(take_dispatching(lab.runs_dir))
    os.close(theirs)


@pytest.mark.parametrize("state", ["/proc/state", "relative"])
def test_a_state_folder_that_cannot_be_used_is_refused_by_its_variable(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.setenv("IQA_TUI_STATE", state)
    with pytest.raises(LaunchError, match="IQA_TUI_STATE"):
        take_dispatching(lab.runs_dir)
    assert not is_dispatching(lab.runs_dir)
    assert "IQA_TUI_STATE" in read_trouble(lab.runs_dir)
    monkeypatch.chdir(lab.folder)
    write_trouble(lab.runs_dir, "unheard")
    assert not (lab.folder / state).exists()


@pytest.mark.parametrize("make", [make_pipe, make_folder])
def test_a_lock_that_cannot_be_taken_is_named_with_the_way_out(lab: Lab, make: object) -> None:
    release(take_dispatching(lab.runs_dir))
    lock = dispatcher_lock(lab.runs_dir)
    lock.unlink()
    make(lock)  # type: ignore[operator]
    with pytest.raises(LaunchError, match=f"{lock}: cannot be locked .*IQA_TUI_STATE"):
        take_dispatching(lab.runs_dir)


def test_its_trouble_is_read_until_it_passes_and_is_never_long(lab: Lab) -> None:
    assert read_trouble(lab.runs_dir) == ""
    write_trouble(lab.runs_dir, "no more processes")
    assert read_trouble(lab.runs_dir) == "no more processes"
    write_trouble(lab.runs_dir, "x" * 100_000)
    assert len(read_trouble(lab.runs_dir)) == dispatcher_files.LARGEST_TROUBLE_BYTES
    write_trouble(lab.runs_dir, "")
    write_trouble(lab.runs_dir, "")
    assert read_trouble(lab.runs_dir) == ""
    os.mkfifo(dispatcher_trouble(lab.runs_dir))
    assert read_trouble(lab.runs_dir) == ""


def test_a_folder_of_runs_that_is_not_there_has_no_dispatcher(lab: Lab) -> None:
    assert not is_dispatching(lab.folder / "absent")
    assert read_trouble(lab.folder / "absent") == ""
