"""What the trainer answers to `--check` is read as a record: whole, or refused in words."""

from __future__ import annotations

import json

import pytest

from training.runfolder.errors import NewerFormat, UnreadableFile
from training.runfolder.facts import TrainerFacts, facts_line, read_facts

FACTS = TrainerFacts(
    settings={"lr": 5e-6, "backbone": None},
    loss_type="l2",
    dataset="koniq-10k",
    protocol="clean",
    network="swin-base",
    backbone="swin_base_patch4_window7_224",
    weights="pretrained",
    data_folder="data/koniq-10k",
    cache_folder="/cache",
    parameters=88_848_513,
)


def test_what_is_printed_is_what_is_read() -> None:
    assert read_facts(facts_line(FACTS)) == FACTS
    assert "\n" not in facts_line(FACTS)


def test_what_a_users_python_prints_at_its_start_is_passed_over() -> None:
    assert read_facts(f"conda: activated\n{facts_line(FACTS)}\n") == FACTS
    with pytest.raises(UnreadableFile):
        read_facts("")


def test_a_later_version_may_say_more() -> None:
    assert read_facts(json.dumps(json.loads(facts_line(FACTS)) | {"flops": 1})) == FACTS


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"format": 2}, NewerFormat, "python -m training --check: written in format 2"),
        ({"parameters": "many"}, UnreadableFile, "parameters is 'many'"),
        ({"network": None}, UnreadableFile, "network is None"),
    ],
)
def test_an_answer_that_cannot_be_understood_is_refused(
    changes: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        read_facts(json.dumps(json.loads(facts_line(FACTS)) | changes))
