"""What the doctor says of owners, modes, hosts, the key and the code."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.doctor import sharing as sharing_checks
from iqa_tui.doctor.sharing import (
    check_code,
    check_hosts,
    check_lease_folder,
    check_runs,
    check_runs_folder,
    check_signing_key,
)
from iqa_tui.trust.signing_key import key_path
from tests.fakes.run_folders import FakeRun
from training.runfolder.folders import list_runs
from training.runfolder.read import read_record
from training.runfolder.schema import ProcessRecord, Signature
from training.runfolder.write import write_record


@pytest.fixture
def runs_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IQA_TUI_STATE", str(tmp_path / "state"))
    folder = tmp_path / "runs"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("mode", "is_good", "words"),
    [
        (0o755, True, "may be written by you alone (mode 0755)"),
        (0o1777, True, "may be written by you and every user, each their own files (mode 1777)"),
        (0o777, False, "may be written by every user (mode 0777)"),
    ],
)
def test_who_may_write_in_the_folder_of_runs(runs_dir: Path, mode: int, is_good: bool, words: str) -> None:
    runs_dir.chmod(mode)
    finding = check_runs_folder(runs_dir)
    assert finding.is_good is is_good
    assert words in finding.words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ext4 /dev/vda rw,relatime", "on ext4, a disk of this machine"),
        ("nfs4 server:/lab rw,vers=4.2,local_lock=none", "other machines may share (locks: local_lock=none)"),
        ("lustre mgs:/lab rw,localflock", "other machines may share (locks: localflock)"),
        ("cifs //server/lab rw,nobrl", "other machines may share (locks: nobrl)"),
        ("beegfs beegfs_nodev rw", "other machines may share (locks: the default)"),
    ],
)
def test_the_file_system_and_its_lock_options_are_named(runs_dir: Path, tmp_path: Path, line: str, words: str) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"36 35 98:0 / {runs_dir} rw - {line}\n")
    assert words in check_runs_folder(runs_dir, mounts).words


@pytest.mark.parametrize(
    ("mode", "words"),
    [(0o1777, "by you and every user, each their own leases (mode 1777)"), (0o755, "by you alone (mode 0755)")],
)
def test_the_folder_of_leases_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, words: str) -> None:
    (tmp_path / "leases").mkdir()
    (tmp_path / "leases").chmod(mode)
    monkeypatch.setenv("IQA_TUI_LEASES", str(tmp_path / "leases"))
    (finding,) = check_lease_folder()
    assert finding.words.endswith(words)
    (tmp_path / "leases").chmod(0o777)
    assert list(check_lease_folder()) == [], "the line on locks refuses it"


def test_runs_that_others_may_write_are_counted_and_named(runs_dir: Path) -> None:
    fakes = [FakeRun.queue(runs_dir, f"F{number}") for number in (1, 2)]
    assert list(check_runs(list_runs(runs_dir))) == []
    fakes[1].run.spec.chmod(0o664)
    (finding,) = check_runs(list_runs(runs_dir))
    assert finding.words.startswith("1 of 2 runs are open to other users and are not started")
    assert "spec.json may be written by others" in finding.words
    assert finding.remedy.startswith("chmod -R go-w RUN")


def test_other_hosts_are_named_with_their_last_sign_of_life(runs_dir: Path) -> None:
    trained, queued, ours = (FakeRun.queue(runs_dir, f"F{number}") for number in (1, 2, 3))
    for fake in (trained, ours):
        fake.start()
    record = read_record(trained.run.attempt(1).process, ProcessRecord)
    assert record is not None
    write_record(trained.run.attempt(1).process, replace(record, host="nodeb", machine="b" * 16))
    signature = read_record(queued.run.signature, Signature)
    assert signature is not None
    write_record(queued.run.signature, replace(signature, host="nodec", machine="c" * 16))
    record = read_record(ours.run.attempt(1).process, ProcessRecord)
    assert record is not None
    write_record(ours.run.attempt(1).process, replace(record, host=os.uname().nodename))
    findings = list(check_hosts(list_runs(runs_dir)))
    assert [finding.words.split(" has ")[0] for finding in findings] == ["nodeb", "nodec"]
    assert all("1 run here, last sign of life 20" in finding.words for finding in findings)


def test_a_cluster_is_told_once_and_its_nodes_are_no_hosts_that_may_be_gone(runs_dir: Path) -> None:
    options = {"slurm": {"cluster": "lab"}, "engine": "slurm", "format": 2}
    FakeRun.queue(runs_dir, "F1", **options)
    FakeRun.queue(runs_dir, "F2", **options).start(node="lab1")
    FakeRun.queue(runs_dir, "F3", **options).start(node="lab2")
    (finding,) = check_hosts(list_runs(runs_dir))
    assert finding.words.startswith("cluster lab has 3 runs here, last sign of life 20")
    assert "--from-elsewhere" not in finding.remedy


def test_the_key_is_missing_there_or_refused(runs_dir: Path) -> None:
    assert "the first launch makes the key" in check_signing_key().words
    FakeRun.queue(runs_dir, "F1")
    assert "yours alone" in check_signing_key().words
    key_path().chmod(0o644)
    assert check_signing_key().blocks
    assert "must be yours alone" in check_signing_key().words


def test_code_that_others_may_change_is_a_warning_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sharing_checks, "code_open_to_others", lambda command, cwd: ["/opt/a is open", "/opt/b is open"]
    )
    findings = list(check_code(None, tmp_path))
    assert [(finding.words, finding.is_good) for finding in findings] == [
        ("/opt/a is open", False),
        ("/opt/b is open", False),
    ]
    monkeypatch.setattr(sharing_checks, "code_open_to_others", lambda command, cwd: [])
    assert [finding.is_good for finding in check_code(None, tmp_path)] == [True]
