"""`iqa-tui paper`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.ablation import make_ablation
from tests.fakes.lab import Lab
from tests.fakes.shell import Shell


def test_the_folder_is_written_again_and_its_files_are_listed(lab: Lab, shell: Shell) -> None:
    make_ablation(lab.runs_dir, {"F1": (0.9, 0.91), "F3": (0.92, 0.93)}, images=60, seeds=(1, 2))
    folder = lab.folder / "paper"
    for _ in range(2):
        listed = shell("paper", "koniq-losses", "--output", str(folder)).splitlines()
        assert sorted(listed) == sorted(str(path) for path in folder.iterdir())
        assert {"table.tex", "numbers.tex", "report.html"} < {Path(line).name for line in listed}
        assert "Rows without a result are not in it: F2, F4, F5." in shell.errors


def test_a_folder_of_other_files_is_refused_before_anything_is_computed(lab: Lab, shell: Shell) -> None:
    (lab.folder / "mine").mkdir()
    (lab.folder / "mine" / "paper.tex").write_text("mine")
    shell("paper", "--output", str(lab.folder / "mine"), code=2)
    assert "holds other files (paper.tex). Name a folder that does not exist yet" in shell.errors


def test_without_runs_the_next_step_is_said(lab: Lab, shell: Shell) -> None:
    shell("paper", "--output", str(lab.folder / "paper"), code=2)
    assert "Launch a plan first" in shell.errors
    assert not (lab.folder / "paper").exists()


def test_a_visitor_may_export(lab: Lab, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IQA_TUI_READ_ONLY", "0")  # the option sets it, for the programs that we start
    make_ablation(lab.runs_dir, {"F1": [0.9]}, images=60, seeds=(1,))
    assert "table.tex" in shell("paper", "--read-only", "--output", str(lab.folder / "paper"))
