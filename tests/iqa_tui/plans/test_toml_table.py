"""One table of a plan: what each question accepts, and how it refuses."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.errors import PlanError
from iqa_tui.plans.toml_table import LARGEST, UNITS, TomlTable

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
FLAGS = st.dictionaries(st.text(), st.one_of(TEXTS, st.integers(), st.booleans(), st.floats(allow_nan=False)))


def table(**content: Any) -> TomlTable:
    return TomlTable(content, "plan.toml", "experiment F2")


ASKED: dict[str, Any] = {
    "name": lambda of: of.name("key"),
    "text": lambda of: of.text("key", "none"),
    "choice": lambda of: of.choice("key", ("high", "low"), "low"),
    "switch": lambda of: of.switch("key", default=True),
    "number": lambda of: of.number("key", at_least=1, at_most=9),
    "unlimited": lambda of: of.number("key", at_least=1),
    "positive": lambda of: of.positive_number("key"),
    "range": lambda of: of.range("key"),
    "words": lambda of: of.words("key"),
    "size": lambda of: of.size("key"),
    "flags": lambda of: of.flags("key"),
    "rows": lambda of: of.rows("key"),
}


@pytest.mark.parametrize(
    ("question", "value", "answer"),
    [
        ("name", "F2.a_b+c-d", "F2.a_b+c-d"),
        ("text", "", ""),
        ("choice", "high", "high"),
        ("switch", False, False),
        ("number", 1, 1.0),
        ("number", 9, 9.0),
        ("unlimited", LARGEST, LARGEST),
        ("positive", 0.5, 0.5),
        ("range", [0.93, 0.935], (0.93, 0.935)),
        ("range", [-1, 1], (-1.0, 1.0)),
        ("words", ["python", "a.py"], ["python", "a.py"]),
        ("size", "10 GiB", 10 << 30),
        ("size", "1.5kb", 1500),
        ("size", "7B", 7),
        ("flags", {"loss_type": "l2", "epochs": 3}, {"loss_type": "l2", "epochs": 3}),
    ],
)
def test_a_value_that_fits_is_taken(question: str, value: Any, answer: Any) -> None:
    taken = ASKED[question](table(key=value))
    assert taken == answer
    assert type(taken) is type(answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("text", "none"),
        ("choice", "low"),
        ("switch", True),
        *((question, None) for question in ("number", "positive", "range", "words", "size")),
        ("flags", {}),
        ("rows", []),
    ],
)
def test_a_key_that_is_missing_has_its_default(question: str, answer: Any) -> None:
    assert ASKED[question](table()) == answer


def test_a_name_that_is_missing_is_asked_for() -> None:
    with pytest.raises(PlanError, match=r'^plan\.toml: experiment F2 has no key\. Add key = "…"\.$'):
        table().name("key")
    with pytest.raises(PlanError, match=r"^plan\.toml: it has no key\."):
        TomlTable({}, "plan.toml").name("key")


@pytest.mark.parametrize(
    ("question", "value", "remedy"),
    [
        ("name", "a b", 'write letters, digits, ".", "_", "+" and "-", in quotes.'),
        ("name", "-rf", 'write letters, digits, ".", "_", "+" and "-", in quotes.'),
        ("name", 3, 'write letters, digits, ".", "_", "+" and "-", in quotes.'),
        ("text", 3, "write a text in quotes."),
        ("choice", "top", "use one of high, low."),
        ("switch", 1, "write true or false."),
        ("number", 0.5, "write a number from 1 to 9."),
        ("number", True, "write a number from 1 to 9."),
        ("unlimited", math.inf, "write a number of at least 1."),
        ("unlimited", 10**1000, "write a number of at least 1."),
        ("positive", 0, "write a number above 0."),
        ("positive", math.nan, "write a number above 0."),
        ("range", [0.9, 0.8], "write [low, high], two numbers from -1 to 1."),
        ("range", [0.9], "write [low, high], two numbers from -1 to 1."),
        ("range", [0, 1.1], "write [low, high], two numbers from -1 to 1."),
        ("words", [], 'write a list of texts, for example ["python", "my_train.py"].'),
        ("words", ["python", ""], 'write a list of texts, for example ["python", "my_train.py"].'),
        ("size", 10, 'write a size with its unit, for example "10 GiB".'),
        ("size", "10", 'write a size with its unit, for example "10 GiB".'),
        ("size", "0 GiB", "write more than nothing, or leave it out: then each run has its GPU for itself."),
        ("flags", ["l2"], 'write a table of flags, for example { loss_type = "l2" }.'),
        ("rows", {"id": "F1"}, "write each row under a heading [[key]] of its own."),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_file_row_key_and_value(
    question: str, value: Any, remedy: str
) -> None:
    with pytest.raises(PlanError) as refused:
        ASKED[question](table(key=value))
    assert str(refused.value) == f"plan.toml: experiment F2: key = {value!r}: {remedy}"


def test_a_flag_that_is_no_plain_value_is_named_within_its_table() -> None:
    with pytest.raises(PlanError) as refused:
        table(flags={"loss_type": ["l1", "l2"]}).flags("flags")
    said = "plan.toml: experiment F2: flags: loss_type = ['l1', 'l2']: write a text, a number, true or false."
    assert str(refused.value) == said


def test_rows_are_named_by_their_id_or_their_number() -> None:
    first, second = TomlTable({"experiment": [{"id": "F1"}, {}]}, "plan.toml").rows("experiment")
    assert str(first.wrong("id", "…")) == "plan.toml: experiment F1: id = 'F1': …"
    assert str(second.wrong("id", "…")) == "plan.toml: experiment 2: id = None: …"


def test_a_key_that_no_question_named_is_refused() -> None:
    asked = table(label="L2", priorty="high")
    asked.text("label", "")
    asked.choice("priority", ("high", "low"), "low")
    with pytest.raises(PlanError, match=r"priorty = 'high': there is no such key\. Use label, priority\.$"):
        asked.refuse_others()
    assert asked.text("priorty", "") == "high"
    asked.refuse_others()


@given(st.integers(1, 10**6), st.sampled_from(sorted(UNITS)), st.sampled_from(["", " ", "  "]))
def test_a_size_is_its_number_times_its_unit_in_upper_or_lower_case(number: int, unit: str, space: str) -> None:
    for spelt in (unit, unit.lower(), unit.replace("I", "i")):
        assert table(vram=f"{number}{space}{spelt}").size("vram") == number * UNITS[unit]


@given(FLAGS)
def test_flags_are_a_copy_of_what_was_written(content: dict[str, Any]) -> None:
    flags = table(flags=content).flags("flags")
    assert flags == content
    assert flags is not content
