"""What a field of a record may be, and how it is said what it is instead."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, get_args

import pytest

from tests.golden.make import a_spec
from training.runfolder.exits import ExitKind
from training.runfolder.fields import WrongField, build, has_long_text, with_whole_characters
from training.runfolder.schema import Environment, ExitRecord, Owner, ProcessRecord, Result
from training.runfolder.spec import Spec
from training.runfolder.write import Record

SPEC = dataclasses.asdict(a_spec("r"))
PROCESS = {"boot_id": "b", "pid": 4711, "start_ticks": 5, "host": "gpu1", "started": 1.0}
RESULT = {
    "run_id": "r",
    "metrics": {"test": {"srcc": 0.9, "rmse": None}},
    "protocol": "clean",
    "dataset": "d",
    "loss_type": "l1",
    "seed": 1,
    "network": "n",
    "finished": 2,
    "elapsed_seconds": 3.5,
}
DEEP: Any = []
for _ in range(60):
    DEEP = [DEEP]


def refusal(kind: type, content: dict[str, Any], /, **changes: Any) -> str:
    with pytest.raises(WrongField) as error:
        build(kind, content | changes)
    return str(error.value)


def test_what_the_program_writes_comes_back_as_it_is() -> None:
    assert build(Spec, json.loads(json.dumps(SPEC))) == a_spec("r")
    assert build(Result, RESULT).metrics["test"] == {"srcc": 0.9, "rmse": None}


def test_every_kind_of_record_has_a_rule_for_each_of_its_fields() -> None:
    for kind in get_args(Record):
        for field in dataclasses.fields(kind):
            assert "must be" in refusal(kind, {}, **{field.name: object()}), (kind, field.name)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"created": "yesterday"}, "created is 'yesterday', but must be a time in Unix seconds, before the year 10000"),
        ({"created": 1e18}, "created is 1e+18, but must be a time in Unix seconds, before the year 10000"),
        ({"created": -1}, "created is -1, but must be a time"),
        ({"created": True}, "created is True, but must be a time"),
        ({"label": 3}, "label is 3, but must be a text"),
        ({"label": None}, "label is None, but must be a text"),
        ({"seed": True}, "seed is True, but must be a whole number below 2**63"),
        ({"seed": 1.0}, "seed is 1.0, but must be a whole number"),
        ({"seed": 10**400}, "but must be a whole number below 2**63"),
        ({"argv": "python"}, "argv is 'python', but must be a command"),
        ({"argv": []}, "argv is [], but must be a command"),
        ({"argv": ["a", 1]}, "argv is ['a', 1], but must be a command"),
        ({"argv": ["a\0b"]}, "but must be a command: texts without NUL"),
        ({"env": {"A=B": "c"}}, "but must be a table of texts that an environment can hold"),
        ({"env": {"A": 1}}, "but must be a table of texts that an environment can hold"),
        ({"env": {"": "c"}}, "but must be a table of texts that an environment can hold"),
        ({"cwd": "a\0b"}, "but must be the path of a folder, or null"),
        ({"plan": []}, "plan is [], but must be a table"),
        ({"plan": {"a": DEEP}}, "but must be a table of at most 50 levels with numbers below 2**63"),
        ({"plan": {"a": [{"b": 10**30}]}}, "with numbers below 2**63"),
        ({"plan": {"a": float("inf")}}, "but must be a table"),
        ({"devices": "0"}, "devices is '0', but must be a list of texts, or null"),
        ({"devices": [0]}, "devices is [0], but must be a list of texts, or null"),
        ({"expected_srcc": [0.9]}, "expected_srcc is [0.9], but must be two numbers [low, high], or null"),
        ({"expected_srcc": [0.9, "1"]}, "but must be two numbers [low, high], or null"),
        ({"expected_hours": -1.0}, "expected_hours is -1.0, but must be a length of time of at least 0, or null"),
        ({"vram_bytes": -1}, "vram_bytes is -1, but must be a number of bytes, or null"),
        ({"overrides": {"a": 1}}, "overrides is {'a': 1}, but must be a table of texts"),
    ],
)
def test_a_value_that_no_reader_can_use_is_refused_by_name(changes: dict[str, Any], words: str) -> None:
    assert words in refusal(Spec, SPEC, **changes)


def test_the_numbers_of_processes_and_attempts_are_such_numbers() -> None:
    assert "pid is 0, but must be the number of a process" in refusal(ProcessRecord, PROCESS, pid=0)
    assert "supervisor_pid is" in refusal(ProcessRecord, PROCESS, supervisor_pid=2**40)
    assert "devices" in refusal(ProcessRecord, PROCESS, devices=[1])
    owner = {"attempt": -1, "host": "h", "machine": "m", "pid": 1, "nonce": "n"}
    assert "attempt is -1, but must be a number from 1 to 999,999" in refusal(Owner, owner)


def test_metrics_are_numbers_by_split_and_name() -> None:
    for metrics in ([], {"test": []}, {"test": {"srcc": "0.9"}}, {"test": {"srcc": float("nan")}}):
        assert "metrics is" in refusal(Result, RESULT, metrics=metrics)
    assert "limited is 1, but must be true or false" in refusal(Result, RESULT, limited=1)
    assert "notes is ['a', None], but must be a list of texts" in refusal(Result, RESULT, notes=["a", None])
    assert "attention" in refusal(Result, RESULT, attention=[0.5, None])
    assert "elapsed_seconds" in refusal(Result, RESULT, elapsed_seconds=1e300)


def test_a_refused_value_is_shown_in_a_few_words_however_long_or_deep_it_is() -> None:
    for value in ("x" * 10_000, DEEP, [DEEP] * 1000, 10**4000, {str(n): n for n in range(1000)}):
        assert len(refusal(Spec, SPEC, created=value)) < 150


def test_a_field_that_is_missing_is_named_and_one_that_is_not_known_passed_over() -> None:
    without = {name: value for name, value in SPEC.items() if name not in ("argv", "group")}
    assert refusal(Spec, without) == "it has no group, argv"
    assert build(Spec, SPEC | {"colour": DEEP}) == a_spec("r")


def test_whole_numbers_stand_for_numbers_and_names_of_kinds_for_kinds() -> None:
    assert build(Spec, SPEC | {"created": 5, "expected_srcc": [0, 1]}).created == 5
    record = {"kind": ExitKind.FAILED, "cause": "", "ended": 1, "elapsed_seconds": -2}
    assert build(ExitRecord, record).elapsed_seconds == -2
    assert "kind is 3, but must be a text" in refusal(ExitRecord, record, kind=3)
    assert build(Environment, {"variables": {"A": ""}}).variables == {"A": ""}


def test_halves_of_characters_are_spelled_out_wherever_they_stand() -> None:
    whole = with_whole_characters({"a\ud800": ["\udfff", {"b": "損", "c": 1}]})
    assert whole == {"a\\ud800": ["\\udfff", {"b": "損", "c": 1}]}
    json.dumps(whole, ensure_ascii=False).encode()


def test_long_texts_are_found_at_any_depth() -> None:
    assert has_long_text({"a": [{"b": "x" * 300_000}]})
    assert has_long_text({"x" * 300_000: 1})
    assert not has_long_text({"a": ["x" * 1000] * 1000})
