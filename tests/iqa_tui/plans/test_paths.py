"""From which folder a relative path of a plan counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from iqa_tui.plans.paths import counted_from
from iqa_tui.plans.plan import PRESETS_DIR, load_plan, plan_from, preset_names

PLAN = """
name = "mine"
[base]
dataset = "csv"
data_path = "scores.csv"
[[experiment]]
id = "A"
flags = { weights = "../weights/best.pt" }
"""


def test_paths_of_a_plan_count_from_its_folder_and_not_from_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "plans"
    folder.mkdir()
    (folder / "mine.toml").write_text(PLAN)
    for cwd, name in ((tmp_path, "plans/mine.toml"), (folder, "mine.toml"), (folder, str(folder / "mine.toml"))):
        monkeypatch.chdir(cwd)
        plan = load_plan(name)
        (experiment,) = plan.experiments
        assert plan.base["data_path"] == str(folder / "scores.csv")
        assert experiment.flags == {"weights": str(tmp_path / "weights" / "best.pt")}
        assert plan_from(plan.content, "spec.json").base == plan.base  # a spec needs no folder


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("data_path", "/data/koniq"),
        ("data_path", "~/koniq"),
        ("data_path", ""),
        ("data_path", 3),
        ("weights", "pretrained"),
        ("weights", "none"),
        ("loss_type", "l1"),
        ("epochs", 2),
    ],
)
def test_what_is_no_relative_path_stays_as_it_is_written(flag: str, value: Any) -> None:
    assert counted_from(Path("/plans"), {flag: value}) == {flag: value}


def test_a_plan_of_an_external_trainer_keeps_its_flags_as_they_stand(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('command = ["python", "mine.py"]\n' + PLAN)
    assert load_plan(str(tmp_path / "mine.toml")).base["data_path"] == "scores.csv"


def test_presets_hold_no_path_that_would_count_from_the_installation() -> None:
    for name in preset_names():
        plan = load_plan(name)
        for experiment in plan.experiments:
            assert not [value for value in plan.flags_of(experiment).values() if str(PRESETS_DIR) in str(value)]


def test_each_data_set_of_several_has_a_path_that_counts_from_there(tmp_path: Path) -> None:
    flags = {"data_path": "koniq-10k=../koniq:csv=mine.csv:live=/data/live:bid=~/bid"}
    expected = f"koniq-10k={tmp_path.parent}/koniq:csv={tmp_path}/mine.csv:live=/data/live:bid=~/bid"
    assert counted_from(tmp_path, flags) == {"data_path": expected}
