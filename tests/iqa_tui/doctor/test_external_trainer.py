"""Whether the plan's external trainer can be started; neither program nor script is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.doctor.external_trainer import check_external_trainer
from iqa_tui.doctor.finding import Finding


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_program_and_its_script_that_are_there_can_be_started(here: Path) -> None:
    (here / "my_train.py").write_text("raise SystemExit('it was run')")
    finding = check_external_trainer(["sh", "my_train.py", "--run_folder", "{run_folder}"])
    assert finding == Finding("trainer", "sh my_train.py --run_folder {run_folder}: can be started")


@pytest.mark.parametrize(
    ("command", "why", "remedy"),
    [
        (["no-such-trainer"], "there is no program no-such-trainer", "Mend `command` in the plan, or PATH"),
        (["sh", "my_train.py"], "there is no file {here}/my_train.py", "runs start in the folder"),
        (["sh", "my_train.sh"], "there is no file {here}/my_train.sh", "runs start in the folder"),
    ],
)
def test_what_is_missing_is_named_with_the_remedy(here: Path, command: list[str], why: str, remedy: str) -> None:
    finding = check_external_trainer(command)
    assert finding.blocks
    assert finding.words == f"{' '.join(command)}: {why.format(here=here)}"
    assert remedy in finding.remedy


def test_a_first_word_after_the_program_that_is_no_script_is_not_looked_for(here: Path) -> None:
    assert check_external_trainer(["sh", "-c", "train.py"]).is_good
