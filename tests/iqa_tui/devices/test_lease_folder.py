"""The folder of leases: its place, and which folders are refused."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.devices import lease_folder
from iqa_tui.devices.lease import Holder, lease_holders, take_lease
from iqa_tui.devices.lease_folder import gate_file, journal_file, lease_file, leases_dir, share_file
from iqa_tui.devices.withdrawn import restore, withdrawn_reason
from iqa_tui.errors import LaunchError
from tests.fakes.lab import ANN, Lab
from training.runfolder import lock
from training.runfolder.errors import LockHeld


def test_every_user_may_lock_and_none_may_remove_the_file_of_another(lab: Lab) -> None:
    os.close(take_lease("GPU-1", ANN))
    assert leases_dir().stat().st_mode & 0o7777 == 0o1777
    assert lease_file("GPU-1").stat().st_mode & 0o777 == 0o666


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders as `/run/lock` and `/var/tmp` are, and none was chosen."""
    monkeypatch.delenv("IQA_TUI_LEASES")
    monkeypatch.setattr(lease_folder, "MACHINE_FOLDERS", (tmp_path / "run-lock", tmp_path / "var-tmp"))
    monkeypatch.setattr(lease_folder, "OLDER_FOLDERS", (tmp_path / "run-lock" / "iqa-tui", tmp_path / "older"))
    for name in ("run-lock", "var-tmp"):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(0o1777)
    return tmp_path


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make folders of root's and of others")
def test_leases_stand_directly_in_the_first_folder_of_roots_that_every_user_may_write(machine: Path) -> None:
    assert lease_file("GPU-1") == machine / "run-lock" / "iqa-tui-GPU-1.lock"
    assert journal_file(lease_file("GPU-1")).name == "iqa-tui-GPU-1.journal"
    assert share_file(lease_file("GPU-1"), 3).name == "iqa-tui-GPU-1.share-3.lock"
    assert gate_file(lease_file("GPU-1")).name == "iqa-tui-GPU-1.gate"
    os.close(take_lease("GPU-1", ANN))
    assert sorted(path.name for path in (machine / "run-lock").iterdir()) == [
        "iqa-tui-GPU-1.gate",
        "iqa-tui-GPU-1.lock",
    ]
    (machine / "run-lock").chmod(0o755)
    assert leases_dir() == machine / "var-tmp"
    os.chown(machine / "var-tmp", 12_345, 12_345)
    with pytest.raises(LaunchError, match=r"Neither .*run-lock nor .*var-tmp is a folder of root's .*IQA_TUI_LEASES"):
        leases_dir()
    os.chown(machine / "var-tmp", 0, 0)
    (machine / "var-tmp").chmod(0o777)
    with pytest.raises(LaunchError, match="Neither"):
        leases_dir()
    assert (machine / "var-tmp").stat().st_mode & 0o7777 == 0o777


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a folder as the machine's")
def test_a_device_that_an_earlier_version_holds_is_taken_and_its_journal_read(machine: Path) -> None:
    older = machine / "older"
    older.mkdir()
    whole = lock.take_lock(older / "GPU-1.lock")
    os.write(whole, b'{"user": "bob", "run_id": "old"}')
    share = lock.take_lock(older / "GPU-2.share-1.lock")
    os.write(share, b'{"user": "bob", "run_id": "old", "reserved_bytes": 3}')
    (older / "GPU-3.journal").write_text('{"what": "withdrawn", "by": "bob"}\n')
    os.mkfifo(older / "GPU-3.lock")  # cannot be held
    assert lease_holders("GPU-1") == (Holder("bob", "old"),)
    assert lease_holders("GPU-2") == (Holder("bob", "old", reserved_bytes=3),)
    for key in ("GPU-1", "GPU-2"):
        with pytest.raises(LockHeld):
            take_lease(key, ANN)
    with pytest.raises(LockHeld):
        take_lease("GPU-2", replace(ANN, reserved_bytes=2), room_bytes=4)
    os.close(take_lease("GPU-2", replace(ANN, reserved_bytes=1), room_bytes=4))
    assert withdrawn_reason("GPU-3") == "withdrawn by bob"
    restore("GPU-3")
    assert withdrawn_reason("GPU-3") == ""
    assert lease_holders("GPU-3") == ()
    for descriptor in (whole, share):
        os.close(descriptor)
    os.close(take_lease("GPU-1", ANN))
    assert sorted(path.name for path in older.iterdir()) == [
        *("GPU-1.lock", "GPU-2.share-1.lock", "GPU-3.journal", "GPU-3.lock")
    ]


def test_a_chosen_folder_is_made_for_all_and_one_that_is_there_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IQA_TUI_LEASES", str(tmp_path / "new"))
    assert leases_dir().stat().st_mode & 0o7777 == 0o1777
    mine = tmp_path / "mine"
    mine.mkdir(mode=0o700)
    monkeypatch.setenv("IQA_TUI_LEASES", str(mine))
    assert leases_dir().stat().st_mode & 0o7777 == 0o700


def test_a_chosen_folder_in_which_others_may_remove_leases_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "leases"
    folder.mkdir()
    monkeypatch.setenv("IQA_TUI_LEASES", str(folder))
    for mode in (0o777, 0o775):
        folder.chmod(mode)
        with pytest.raises(LaunchError, match=f"every user may remove the leases of others. `chmod 1777 {folder}`"):
            leases_dir()
    folder.rmdir()
    folder.touch()
    with pytest.raises(LaunchError, match=f"{folder}: the folder for device leases is a file"):
        leases_dir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_chosen_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "leases"
    folder.mkdir()
    folder.chmod(0o1777)
    os.chown(folder, 12_345, 12_345)
    monkeypatch.setenv("IQA_TUI_LEASES", str(folder))
    with pytest.raises(
        LaunchError, match=f"belongs to user 12345, who may remove .* `chown root {folder} && chmod 1777"
    ):
        leases_dir()


def test_a_folder_that_cannot_be_made_is_named_with_the_way_out(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IQA_TUI_LEASES", "/proc/leases")
    with pytest.raises(LaunchError, match=r"/proc/leases: .*IQA_TUI_LEASES"):
        leases_dir()


def test_a_folder_that_means_another_one_elsewhere_is_refused(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IQA_TUI_LEASES", "leases")
    with pytest.raises(LaunchError, match=r"IQA_TUI_LEASES=leases: write the whole path"):
        leases_dir()
