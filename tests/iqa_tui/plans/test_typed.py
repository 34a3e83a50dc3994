"""What users type: settings, seeds and splits."""

from __future__ import annotations

import pytest

from iqa_tui.plans.typed import chosen_splits, parse_seeds, parse_setting, parse_splits


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("epochs=1", ("epochs", "1")),
        (" epochs = 1 ", ("epochs", "1")),
        ("--weight-decay=0", ("weight_decay", "0")),
        ("note=a=b", ("note", "a=b")),
    ],
)
def test_a_setting_is_a_flag_and_its_value(text: str, setting: tuple[str, str]) -> None:
    assert parse_setting(text) == setting


@pytest.mark.parametrize("text", ["epochs", "=1", "epochs=", "two words=1", "1st=1"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="is no FLAG=VALUE, such as epochs=1"):
        parse_setting(text)


def test_seeds_are_whole_numbers_each_once() -> None:
    assert parse_seeds("3, 1 1,2") == (3, 1, 2)
    assert parse_seeds(" ") == ()
    for text in ("1.5", "-1", "one"):
        with pytest.raises(ValueError, match="are no whole numbers of at least 0"):
            parse_seeds(text)


@pytest.mark.parametrize(
    ("text", "splits"), [("3", (0, 1, 2)), ("3,", (3,)), ("3, 5 5", (3, 5)), (" 1 ", (0,)), ("", ())]
)
def test_splits_are_as_many_as_one_number_says_or_those_of_a_list(text: str, splits: tuple[int, ...]) -> None:
    assert parse_splits(text) == splits


@pytest.mark.parametrize(
    ("text", "words"),
    [("0", "0 splits are none that can be run"), ("5000", "write 1 to 1000"), ("1-3", "write how many, such as 10")],
)
def test_what_are_no_splits_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_splits(text)
    with pytest.raises(ValueError, match=f"Splits: .*{words}"):
        chosen_splits(text)
    assert chosen_splits(" ") is None
