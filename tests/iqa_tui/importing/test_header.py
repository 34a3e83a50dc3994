"""What stands before the table."""

from __future__ import annotations

import time

import pytest

from iqa_tui.importing.header import Header, moment_in, value_of
from tests.fakes.published_logs import LOSS_WORDS, header


def taken(text: str) -> Header:
    found = Header()
    for line in text.splitlines():
        found.take(line)
    return found


@pytest.mark.parametrize("loss_type", LOSS_WORDS)
def test_settings_and_sizes_are_read_and_the_loss_is_that_of_the_flag(loss_type: str) -> None:
    found = taken(header(loss_type))
    assert (found.loss_type, found.dataset, found.network, found.seed) == (loss_type, "koniq-10k", "swin-base", 42)
    assert found.settings["lr"] == 5e-6
    assert found.settings["test_random_crop"] is True
    assert found.images == {"train": 7046, "test": 2010}
    assert found.started == time.mktime((2025, 12, 22, 16, 16, 25, 0, 0, -1))


def test_an_older_log_says_less_in_sentences() -> None:
    found = taken(
        "Random seed set to 7 for reproducibility\nTraining and testing on livec dataset for 10 rounds...\n"
        "Loading Swin Transformer SMALL (~50M parameters)\n"
    )
    assert (found.loss_type, found.dataset, found.network, found.seed) == ("", "livec", "swin-small", 7)
    assert found.started is None
    assert taken("").network == ""


def test_what_stands_twice_counts_as_it_stands_first_and_other_names_are_passed_over() -> None:
    found = taken("Dataset:   a\nDataset:   b\nPassword:  secret\nDataset:\n")
    assert found.settings == {"dataset": "a"}


def test_values_are_numbers_truths_or_harmless_text() -> None:
    assert [value_of(text) for text in ("5", "5e-06", "True", "False", "cosine")] == [5, 5e-6, True, False, "cosine"]
    assert value_of("\x1b[31mred") == "\\x1b[31mred"
    assert isinstance(value_of("9" * 400), str)


def test_a_name_without_a_moment_that_exists_names_none() -> None:
    assert moment_in("swin_20251222_161625.log") is not None
    assert moment_in("swin_20251399_161625.log") is None
    assert moment_in("swin.log") is None
