"""Whether locks hold between processes and hosts."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.doctor.locks import check_locks
from tests.fakes.doctor import sign
from tests.fakes.lab import Lab


def mounts(tmp_path: Path, kind: str, options: str, *, leases: str = "ext4") -> Path:
    path = tmp_path / "mountinfo"
    path.write_text(
        "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
        f"40 27 0:50 / {tmp_path}/runs rw - {kind} server:/runs {options}\n"
        f"41 27 0:51 / {tmp_path}/leases rw - {leases} server:/leases rw\n"
    )
    return path


def test_locks_that_work_are_said_to(lab: Lab, tmp_path: Path) -> None:
    (finding,) = check_locks(lab.runs_dir, mounts(tmp_path, "nfs4", "rw,vers=4.2,local_lock=none"))
    assert (sign(finding), finding.words) == ("ok", f"work in {lab.runs_dir} and {lab.leases}")
    assert not [left for left in lab.runs_dir.iterdir() if left.name.startswith(".iqa")]


def test_a_network_disk_whose_locks_stay_on_one_machine_is_told_of(lab: Lab, tmp_path: Path) -> None:
    _, finding = check_locks(lab.runs_dir, mounts(tmp_path, "nfs4", "rw,local_lock=all"))
    assert sign(finding) == "warning"
    assert finding.words.endswith("other machines do not see its locks")
    _, finding = check_locks(lab.runs_dir, mounts(tmp_path, "ext4", "rw", leases="nfs"))
    assert "is on nfs: a server that restarts may forget who has a GPU" in finding.words
    assert "IQA_TUI_LEASES" in finding.remedy


@pytest.mark.parametrize("seen", ["False", ""])
def test_locks_that_another_process_does_not_see_block(lab: Lab, monkeypatch: pytest.MonkeyPatch, seen: str) -> None:
    monkeypatch.setattr("iqa_tui.doctor.locks.ASK_LOCK", f"print({seen!r})")
    (finding,) = check_locks(lab.runs_dir)
    assert sign(finding) == "blocked"
    assert "a lock of one process is not seen by another" in finding.words


def test_a_disk_without_locks_blocks(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def take_lock(path: Path) -> int:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("iqa_tui.doctor.locks.take_lock", take_lock)
    (finding,) = check_locks(lab.runs_dir)
    assert sign(finding) == "blocked"
    assert "No locks available" in finding.words
    assert "NFS without lockd" in finding.remedy


def test_no_folder_for_leases_blocks(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IQA_TUI_LEASES", "/proc/leases")
    (finding,) = check_locks(lab.runs_dir)
    assert (sign(finding), "/proc/leases" in finding.words) == ("blocked", True)
