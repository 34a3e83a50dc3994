"""The digest of the trainer that a plan names."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.plans.plan import load_plan, plan_from
from iqa_tui.plans.trainer_files import trainer_digest_of
from training.runfolder import source
from training.runfolder.source import trainer_digest


def test_the_digest_of_our_trainer_changes_with_any_of_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert trainer_digest_of(load_plan("demo")) == trainer_digest()
    monkeypatch.setattr(source, "TRAINING", tmp_path)
    (tmp_path / "losses").mkdir()
    (tmp_path / "losses" / "l1.py").write_text("one")
    before = trainer_digest()
    (tmp_path / "notes.txt").write_text("no code")
    assert trainer_digest() == before
    (tmp_path / "losses" / "l1.py").write_text("two")
    changed = trainer_digest()
    (tmp_path / "losses" / "l1.py").rename(tmp_path / "l1.py")
    assert len({before, changed, trainer_digest()}) == 3


@pytest.mark.parametrize(
    ("command", "file"),
    [
        (["python", "my_train.py", "--fast"], "my_train.py"),
        (["python", "-m", "mine.train"], "mine/train.py"),
        (["python", "-m", "mine"], "mine/__main__.py"),
    ],
)
def test_an_external_trainer_is_known_by_the_files_that_its_command_names(
    tmp_path: Path, command: list[str], file: str
) -> None:
    plan = plan_from({"name": "a", "command": command, "experiment": [{"id": "A"}]}, "a.toml")
    assert trainer_digest_of(plan, tmp_path) == ""
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text("one")
    before = trainer_digest_of(plan, tmp_path)
    (tmp_path / file).write_text("two")
    assert len({"", before, trainer_digest_of(plan, tmp_path)}) == 3
