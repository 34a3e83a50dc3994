"""Which code a plan's runs are made by."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.monitor.trainer_code import group_code, other_code_words, trainer_digest_of
from iqa_tui.plans.plan import load_plan, plan_from
from tests.fakes.run_folders import FakeRun
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
def test_another_trainer_is_known_by_the_files_that_its_command_names(
    tmp_path: Path, command: list[str], file: str
) -> None:
    plan = plan_from({"name": "a", "command": command, "experiment": [{"id": "A"}]}, "a.toml")
    assert trainer_digest_of(plan, tmp_path) == ""
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text("one")
    before = trainer_digest_of(plan, tmp_path)
    (tmp_path / file).write_text("two")
    assert len({"", before, trainer_digest_of(plan, tmp_path)}) == 3


def test_who_joins_a_group_of_other_code_is_told_and_what_to_do(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2", source_digest="aaa")
    FakeRun.queue(tmp_path, "F3", source_digest="aaa").start().finish(source_digest="bbb")  # as it ran
    FakeRun.queue(tmp_path, "F4", group="another", source_digest="ccc")
    codes = group_code(tmp_path, "koniq-losses")
    assert codes == {"aaa": ["F2"], "bbb": ["F3"]}
    what, remedy = other_code_words("koniq-losses", codes, "aaa")
    assert what == "koniq-losses has runs of other trainer code: F3 by bbb; what is launched now is aaa."
    assert "launch every row again" in remedy
    assert other_code_words("koniq-losses", {"aaa": ["F2"]}, "aaa") == []
    assert other_code_words("koniq-losses", codes, "") == []
