"""The whole report: in which order it asks, what it leaves out, and how the command exits."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from iqa_tui.doctor.ask_python import answers
from iqa_tui.doctor.disk import check_answers
from iqa_tui.doctor.finding import Finding
from tests.fakes.doctor import trainer_that
from tests.fakes.lab import Lab
from tests.fakes.needs import GIB
from tests.fakes.shell import LONG, Shell, plan_file


@pytest.fixture
def hung(tmp_path: Path) -> Iterator[Path]:
    """A folder that every question hangs on, as on NFS without its server: its file system has no server."""
    folder = tmp_path / "hung"
    folder.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        served = os.open("/dev/fuse", os.O_RDWR)
    except OSError as error:
        pytest.skip(f"/dev/fuse: {error.strerror}")
    options = f"fd={served},rootmode=40000,user_id=0,group_id=0".encode()
    if libc.mount(b"unserved", bytes(folder), b"fuse", 0, options):
        os.close(served)
        pytest.skip(f"nothing can be mounted here: {os.strerror(ctypes.get_errno())}")
    yield folder
    libc.umount2(bytes(folder), 2)  # MNT_DETACH
    os.close(served)


def test_a_disk_that_does_not_answer_blocks_but_does_not_hang_the_doctor(
    hung: Path, lab: Lab, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert answers(lab.folder, timeout_seconds=60)
    assert answers(lab.folder / "absent", timeout_seconds=60)

    def check_the_hung(folders: Sequence[Path]) -> list[Finding]:
        return check_answers([folder for folder in folders if folder.is_relative_to(hung)], timeout_seconds=0.3)

    monkeypatch.setattr("iqa_tui.doctor.findings.check_answers", check_the_hung)
    monkeypatch.setattr(
        "iqa_tui.doctor.findings.check_gpus", lambda **_: pytest.fail("what may wait without end was asked")
    )
    for name in ("IQA_TUI_CACHE", "IQA_TUI_LEASES", "HF_HUB_CACHE", "IQA_TUI_DATA"):
        with monkeypatch.context() as only:
            only.setenv(name, str(hung))
            out = shell("doctor", "koniq-losses", code=4)
        assert f"BLOCKED  disk      {hung}" in out
        assert "does not answer within 0.3 s" in out
        assert out.endswith("Not ready to run koniq-losses: first mend disk.\n")
    assert "first mend disk" in shell("--runs-dir", str(hung / "runs"), "doctor", code=4)


def test_flags_that_the_trainer_refuses_block_and_nothing_further_of_the_plan_is_asked(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iqa_tui.doctor.findings.check_torch", lambda reading: Finding("torch", "not asked"))
    out = shell("doctor", "koniq-losses", "--set", "epochs=many", code=4)
    assert "'many' is no whole number" in out
    assert "weights" not in out
    assert out.endswith("Not ready to run koniq-losses: first mend flags.\n")


def test_doctor_ends_with_4_if_something_keeps_the_plan_from_running(
    lab: Lab, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iqa_tui.doctor.findings.check_torch", lambda reading: Finding("torch", "not asked"))
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=100 * GIB))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(lab.folder))
    monkeypatch.setenv("IQA_TUI_CACHE", str(lab.folder / "cache"))
    out = shell("doctor", "koniq-losses", code=4)
    assert "BLOCKED  weights   swin_base_patch4_window7_224.ms_in22k_ft_in1k: not here" in out
    assert "koniq-10k: there is no data/koniq-10k" in out
    assert "ok       locks" in out
    assert out.endswith("Not ready to run koniq-losses: first mend weights, data.\n")
    answer = {"name": "koniq-10k", "images": {"train": 4}, "tested_on": []}
    trainer_that(monkeypatch, f"print({json.dumps(answer)!r})")
    words = ("--set", "weights=none", "--set", f"data_path={lab.folder}", "--only", "F2,F3", "--seeds", "1,2,3")
    out = shell("doctor", "koniq-losses", *words)
    assert "ok       network   swin-base: 89.1 million parameters, 1.00 GiB a checkpoint" in out
    assert "the plan needs 17.9 GiB for checkpoints of 6 runs" in out
    assert out.endswith("Ready to run koniq-losses.\n")


def test_doctor_asks_of_anothers_trainer_only_whether_it_can_be_started(lab: Lab, shell: Shell) -> None:
    out = shell("doctor", plan_file(lab, LONG))
    assert "ok       trainer" in out
    assert "torch" not in out
    missing = lab.folder / "missing.toml"
    missing.write_text('name = "a"\ncommand = ["no-such-trainer"]\n[[experiment]]\nid = "A"\n')
    out = shell("doctor", str(missing), code=4)
    assert "BLOCKED  trainer   no-such-trainer: there is no program no-such-trainer" in out
    missing.write_text('name = "a"\ncommand = ["python", "my_train.py"]\n[[experiment]]\nid = "A"\n')
    out = shell("doctor", str(missing), code=4)
    assert f"BLOCKED  trainer   python my_train.py: there is no file {Path.cwd() / 'my_train.py'}" in out
    assert os.environ["IQA_TUI_LEASES"] in out
