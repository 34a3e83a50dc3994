"""A plan may be another one with a few things changed; an error names the file in which it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.errors import PlanError
from iqa_tui.plans.plan import Plan, load_plan, plan_from

FIRST = """name = "first"
title = "The first"
baseline = "A"
[base]
dataset = "csv"
data_path = "scores.csv"
lr = 1e-4
[[experiment]]
id = "A"
flags = { loss_type = "l1" }
[[experiment]]
id = "B"
flags = { loss_type = "l2" }
[[question]]
kind = "best"
"""


def extending(folder: Path, text: str, first: str = FIRST) -> Plan:
    (folder / "plans").mkdir(exist_ok=True)
    (folder / "first.toml").write_text(first)
    path = folder / "plans" / "second.toml"
    path.write_text(f'extends = "../first.toml"\nname = "second"\n{text}')
    return load_plan(str(path))


def test_what_a_plan_does_not_say_is_that_of_the_plan_which_it_extends(tmp_path: Path) -> None:
    plan = extending(tmp_path, "[tune]\nlr = [1e-4, 1e-3]\n[base]\nepochs = 3\nlr = 2e-4\n")
    assert (plan.name, plan.title, plan.baseline) == ("second", "second", "A")
    assert plan.base == {"dataset": "csv", "data_path": str(tmp_path / "scores.csv"), "lr": 2e-4, "epochs": 3}
    assert [experiment.id for experiment in plan.experiments] == ["A", "B"]
    assert [question.kind for question in plan.questions] == ["best"]
    assert plan.tune is not None
    assert plan.source == str(tmp_path / "plans" / "second.toml")


def test_its_rows_are_its_own_if_it_names_any(tmp_path: Path) -> None:
    plan = extending(tmp_path, 'baseline = ""\nquestion = []\n[[experiment]]\nid = "C"\n')
    assert [experiment.id for experiment in plan.experiments] == ["C"]
    assert plan.questions == ()


def test_what_a_run_keeps_of_its_plan_needs_no_other_file(tmp_path: Path) -> None:
    plan = extending(tmp_path, "[tune]\nlr = [1e-4, 1e-3]\n")
    again = plan_from(plan.content, plan.source)
    assert "extends" not in plan.content
    assert again == plan


@pytest.mark.parametrize(
    ("text", "first", "words"),
    [
        ('baseline = "X"\n', FIRST, r"second\.toml: baseline = 'X' is no row"),
        ("[base]\nlr = []\n", FIRST, r"second\.toml: base: lr = \[\]: write a text, a number.*at line 4"),
        ("[tune]\nlr = 1\n", FIRST, r"second\.toml: tune: lr = 1: .*at line 4"),
        (
            "[tune]\nloss_type = [1]\n",
            FIRST,
            r"second\.toml: experiment A: flags: loss_type = 'l1': \[tune\] chooses[^()]*$",
        ),
        ("", FIRST.replace("lr = 1e-4", "lr = []"), r"first\.toml: base: lr = \[\].*\(at line 7\)$"),
        ("\n\n\n", FIRST.replace('id = "A"', "idd = 3"), r"first\.toml: experiment 1 has no id.*\(at line 8\)$"),
        ("", FIRST.replace('"l2"', "l2"), r"first\.toml: this is no TOML"),
    ],
)
def test_an_error_names_the_file_and_the_line_in_which_it_stands(
    tmp_path: Path, text: str, first: str, words: str
) -> None:
    with pytest.raises(PlanError, match=words):
        extending(tmp_path, text, first)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none.toml", r"extends = 'none\.toml': there is no such plan.*koniq-losses.*at line 1"),
        ("koniq", "there is no such plan"),
        ("my.toml", "these plans extend each other.*at line 1"),
    ],
)
def test_a_plan_that_is_not_there_cannot_be_extended(tmp_path: Path, name: str, words: str) -> None:
    path = tmp_path / "my.toml"
    path.write_text(f'extends = "{name}"\nname = "my"\n')
    with pytest.raises(PlanError, match=words):
        load_plan(str(path))


def test_two_plans_that_extend_each_other_are_refused(tmp_path: Path) -> None:
    for name, other in (("a", "b"), ("b", "a")):
        (tmp_path / f"{name}.toml").write_text(f'extends = "{other}.toml"\nname = "{name}"\n')
    with pytest.raises(PlanError, match=r"b\.toml: extends = 'a\.toml': these plans extend each other"):
        load_plan(str(tmp_path / "a.toml"))


@pytest.mark.parametrize(("tuned", "untuned"), [("koniq-losses-tuned", "koniq-losses"), ("biq2021-tuned", "biq2021")])
def test_a_tuned_preset_is_the_untuned_one_with_a_grid(tuned: str, untuned: str) -> None:
    plan, other = load_plan(tuned), load_plan(untuned)
    assert plan.tune is not None
    assert other.base["lr"] in plan.tune.grid["lr"]
    assert (plan.base, plan.experiments, plan.hypotheses, plan.questions) == (
        other.base,
        other.experiments,
        other.hypotheses,
        other.questions,
    )
