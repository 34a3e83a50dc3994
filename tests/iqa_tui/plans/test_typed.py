"""What users type: settings and seeds."""

from __future__ import annotations

import pytest

from iqa_tui.plans.typed import parse_seeds, parse_setting


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
