"""Predictions are read as they are written, and refused with their place in the file."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from iqa_tui.errors import PlanError
from iqa_tui.plans.hypotheses import Hypothesis, Link, Range, Sign
from iqa_tui.plans.plan import load_plan

ROWS = "".join(f'[[experiment]]\nid = "{row}"\n' for row in ("F1", "F2", "F3", "a-b", "1e3"))


def hypotheses(folder: Path, text: str, top: str = "") -> tuple[Hypothesis, ...]:
    path = folder / "my.toml"
    path.write_text(f'name = "my"\n{top}{ROWS}{text}')
    return load_plan(str(path)).hypotheses


def predicted(folder: Path, predict: str, more: str = "") -> Hypothesis:
    return hypotheses(folder, f'[[hypothesis]]\nid = "H1"\npredict = {predict}\n{more}')[0]


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("F1 > F2", (Link("F1", Sign.ABOVE, "F2"),)),
        ("F1<F2", (Link("F1", Sign.BELOW, "F2"),)),
        (" F3 ~ F1 > F2 ", (Link("F3", Sign.LIKE, "F1"), Link("F1", Sign.ABOVE, "F2"))),
        ("a-b > 1e3", (Link("a-b", Sign.ABOVE, "1e3"),)),
        ("F3 >= 0.936", (Range("F3", low=0.936),)),
        ("F3<=.9", (Range("F3", high=0.9),)),
        ("F3 - F1 >= -2e-3", (Range("F3", "F1", low=-0.002),)),
        ("F1 − F2 in [0.002, 0.005]", (Range("F1", "F2", 0.002, 0.005),)),
        ("a-b in [-1,1]", (Range("a-b", "", -1.0, 1.0),)),
        ("a-b - F1 in [0, 1]", (Range("a-b", "F1", 0.0, 1.0),)),
    ],
)
def test_each_form_is_read(tmp_path: Path, text: str, links: tuple[Link | Range, ...]) -> None:
    assert predicted(tmp_path, f'"{text}"').links == links


def test_a_list_must_hold_whole_and_its_rows_are_named_once(tmp_path: Path) -> None:
    hypothesis = predicted(tmp_path, '["F3 > F1", "F3 - F1 in [0, 1]", "F2 >= 0.1"]')
    assert (hypothesis.predict, hypothesis.rows) == (
        ("F3 > F1", "F3 - F1 in [0, 1]", "F2 >= 0.1"),
        ("F3", "F1", "F2"),
    )
    assert [str(link) for link in hypothesis.links] == list(hypothesis.predict)


@pytest.mark.parametrize(
    ("predict", "words"),
    [
        ('"F1"', "'F1' cannot be read"),
        ('"F1 > "', "cannot be read"),
        ('"F1 == F2"', "cannot be read"),
        ('"F1 > 0.9"', "0.9 is no row"),
        ('"F1 in [1, 0]"', "smaller limit first"),
        ('"F1 in [nan, 1]"', "cannot be read"),
        ('"F1 > F9"', "F9 is no row. Use 1e3, F1, F2, F3, a-b"),
        ('"F1 > F1"', "F1 with itself"),
        ("[]", "write what is expected"),
        ("3", "write a text"),
        ('["F1 > F2", 3]', "write a text"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(tmp_path: Path, predict: str, words: str) -> None:
    with pytest.raises(PlanError) as raised:
        predicted(tmp_path, predict)
    assert words in str(raised.value)
    assert "my.toml: hypothesis H1: predict" in str(raised.value)
    assert str(raised.value).endswith("(at line 14)")


@pytest.mark.parametrize(
    ("measure", "top", "more", "margin"),
    [
        ("srcc", "", "", 0.002),
        ("srcc", "margin = 0.01\n", "", 0.01),
        ("krcc", "margin = 0.01\n", "", 0.01),
        ("plcc", "margin = 0.01\n", "margin = 0.3\n", 0.3),
        ("stability", "margin = 0.01\n", "", math.log(1.25)),
        ("hours", "", "margin = 0.5\n", 0.5),
    ],
)
def test_a_margin_is_the_hypothesis_own_or_the_plans_or_the_measures(
    tmp_path: Path, measure: str, top: str, more: str, margin: float
) -> None:
    text = f'[[hypothesis]]\nid = "H1"\npredict = "F1 ~ F2"\nmeasure = "{measure}"\n{more}'
    assert hypotheses(tmp_path, text, top)[0].margin == pytest.approx(margin)


@pytest.mark.parametrize("measure", ["plcc", "krcc", "rmse", "hours"])
def test_alike_needs_a_margin_for_a_measure_that_has_none(tmp_path: Path, measure: str) -> None:
    with pytest.raises(PlanError, match=f"how far apart two rows may lie in {measure}"):
        predicted(tmp_path, '"F1 ~ F2"', f'measure = "{measure}"\n')
    assert predicted(tmp_path, '"F1 > F2"', f'measure = "{measure}"\n').margin is None


def test_stability_is_compared_between_rows_alone(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="stability is compared between rows alone"):
        predicted(tmp_path, '"F1 >= 0.2"', 'measure = "stability"\n')


def test_two_of_one_id_and_an_unknown_key_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="another hypothesis has this id"):
        hypotheses(tmp_path, '[[hypothesis]]\nid = "H1"\npredict = "F1 > F2"\n' * 2)
    with pytest.raises(PlanError, match="there is no such key"):
        predicted(tmp_path, '"F1 > F2"', 'predicts = "F1"\n')


def test_the_experiment_of_the_five_losses_has_its_four_hypotheses() -> None:
    assert {each.id: (each.measure, each.predict) for each in load_plan("koniq-losses").hypotheses} == {
        "H1": ("srcc", ("F3 >= 0.9360", "F3 > F1", "F3 > F2", "F3 > F4", "F3 > F5")),
        "H2": ("srcc", ("F1 - F2 in [0.002, 0.005]",)),
        "H3": ("srcc", ("F3 ~ F4 > F1 > F2 > F5",)),
        "H4": ("stability", ("F1 ~ F2 > F3 > F4 ~ F5",)),
    }
