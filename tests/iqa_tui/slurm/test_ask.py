"""Slurm's programs are found where a shell finds them, or where a setting says that they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from iqa_tui.queue.hold import hold_run
from iqa_tui.queue.stop import stop_run
from iqa_tui.slurm.ask import FOLDER_VARIABLE, SlurmMissing, ask_slurm, folder_of_programs, has_slurm
from tests.fakes.runs import queue_run
from tests.fakes.slurm import FakeSlurm, slurm
from training.runfolder.job import JobRecord
from training.runfolder.layout import RunFolder
from training.runfolder.write import write_record_once

__all__ = ["slurm"]


@pytest.fixture
def opt(slurm: FakeSlurm, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Slurm is in a folder that PATH lacks, as in root's shell."""
    monkeypatch.setenv("PATH", "/nowhere/bin:/nowhere/sbin")
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    return slurm._folder


def submitted(folder: Path) -> RunFolder:
    run = queue_run(folder / "runs", "r", engine="slurm", format=2, slurm={"cluster": "lab"})
    write_record_once(run.attempt(1).job, JobRecord("4711", "lab", 0.0, "ann", ["--x"]))
    return run


def test_a_program_that_is_not_found_is_named_with_the_places_it_was_looked_for_in_and_what_helps(opt: Path) -> None:
    assert not has_slurm()
    assert folder_of_programs() == ""
    words = r"there is no scontrol in /nowhere/bin:/nowhere/sbin\. .* set IQA_TUI_SLURM to the folder of its programs"
    with pytest.raises(SlurmMissing, match=words):
        ask_slurm(["scontrol", "show", "config"])


def test_the_setting_finds_them(opt: Path, slurm: FakeSlurm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(opt))
    monkeypatch.setenv("PATH", os.pathsep.join(["/nowhere/bin", "/usr/bin", "/bin"]))
    assert has_slurm()
    assert folder_of_programs() == str(opt)
    assert "ClusterName" in ask_slurm(["scontrol", "show", "config"])


@pytest.mark.parametrize(("order", "program"), [(hold_run, "scontrol"), (stop_run, "scancel")])
def test_an_order_that_finds_no_slurm_says_so_instead_of_calling_it_silent(
    opt: Path, tmp_path: Path, order: object, program: str
) -> None:
    assert callable(order)
    assert f"there is no {program} in /nowhere/bin:/nowhere/sbin" in order(submitted(tmp_path))
