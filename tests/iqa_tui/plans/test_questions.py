"""Questions are read as they are written, and refused in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.errors import PlanError
from iqa_tui.plans.plan import load_plan
from iqa_tui.plans.questions import Question

ROWS = "".join(f'[[experiment]]\nid = "{row}"\n' for row in ("F1", "F2", "F3", "F4"))


def asked(folder: Path, text: str, top: str = 'baseline = "F1"\n') -> tuple[Question, ...]:
    path = folder / "my.toml"
    path.write_text(f'name = "my"\n{top}{ROWS}[[question]]\n{text}\n')
    return load_plan(str(path)).questions


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ('kind = "best"', Question("best", "")),
        ('kind = "best"\nrows = ["F1", "F2"]', Question("best", "", rows=("F1", "F2"))),
        ('kind = "compare"\ntext = "?"\nrows = ["F3", "F1"]', Question("compare", "?", rows=("F3", "F1"))),
        (
            'kind = "groups"\nmeasure = "plcc"\ngroups = [["F3", "F4"], ["F1"]]',
            Question("groups", "", "plcc", groups=(("F3", "F4"), ("F1",))),
        ),
        ('kind = "cost"', Question("cost", "")),
        ('kind = "worth"\nrows = "F4"', Question("worth", "", rows=("F4",), against="F1")),
        ('kind = "worth"\nrows = ["F4"]\nagainst = "F2"', Question("worth", "", rows=("F4",), against="F2")),
    ],
)
def test_each_kind_is_read(tmp_path: Path, text: str, question: Question) -> None:
    assert asked(tmp_path, text) == (question,)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('text = "?"', "write one of best, compare, groups, cost, worth"),
        ('kind = "why"', "use one of best"),
        ('kind = "compare"\nrows = ["F3"]', "name two rows to compare"),
        ('kind = "compare"\nrows = ["F3", "F9"]', "F9 is no row"),
        ('kind = "compare"\nrows = ["F3", "F3"]', "name each row once"),
        ('kind = "best"\nrows = ["F3"]', "two rows or more"),
        ('kind = "groups"\nrows = ["F3"]', "two lists of rows"),
        ('kind = "groups"\ngroups = [["F3"], []]', "two lists of rows"),
        ('kind = "groups"\ngroups = [["F3"], ["F3"]]', "name each row once"),
        ('kind = "groups"\ngroups = "F3"', "write lists of texts"),
        ('kind = "worth"', "name what one may use"),
        ('kind = "worth"\nrows = ["F1"]', "not among rows"),
        ('kind = "cost"\ngroups = [["F1"], ["F2"]]', "there is no such key"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(PlanError, match=words) as raised:
        asked(tmp_path, text)
    assert "my.toml: question 1" in str(raised.value)
    assert "(at line " in str(raised.value)


def test_worth_needs_a_row_to_compare_with(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="the plan has no baseline"):
        asked(tmp_path, 'kind = "worth"\nrows = ["F4"]', top="")


def test_the_experiment_of_the_five_losses_asks_its_five_questions() -> None:
    assert [each.kind for each in load_plan("koniq-losses").questions] == ["best", "compare", "groups", "cost", "worth"]
