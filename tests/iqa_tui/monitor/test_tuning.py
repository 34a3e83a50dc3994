"""What tuning chose, in words, and what is made of a file that no supervisor wrote."""

from __future__ import annotations

import pytest

from iqa_tui.monitor.tuning import Tuning, chosen_flags, grid_of, read_tuning, trial_values, values_words
from training.runfolder.tuned import Tuned

GRID = {"lr": [1e-06, 5e-06, 1e-05], "batch_size": [16, 32]}


def test_a_choice_is_said_as_a_user_would_type_it() -> None:
    assert values_words({"lr": 5e-06, "ema": True, "scale": "1\x1b,5"}) == r"lr 5e-6, ema true, scale 1\x1b,5"
    tuning = read_tuning(Tuned({"lr": 1e-05, "batch_size": 16}, GRID, [], ["lr", "batch_size"], epochs=1).as_dict())
    assert tuning is not None
    assert tuning.words == "lr 1e-5 of 3, batch_size 16 of 2"
    assert tuning.grid_words == "lr 1e-6, 5e-6, 1e-5; batch_size 16, 32"
    assert tuning.edge_words == "lr 1e-5 is the highest of its grid; batch_size 16 is the lowest of its grid"
    assert tuning.how_words == "1 epoch a tuning run"


def test_a_score_that_is_missing_keeps_its_reason() -> None:
    run = {"run_id": "r", "seed": 1, "srcc": None, "why": "failed: exit 1"}
    scores = [
        {"values": {"lr": 1e-06}, "srcc": None, "runs": [run]},
        {"values": {"lr": 5e-06}, "srcc": 0.7, "runs": []},
    ]
    tuning = read_tuning(Tuned({"lr": 5e-06}, GRID, scores).as_dict())
    assert tuning is not None
    assert [(each.words, each.srcc) for each in tuning.tried] == [("lr 1e-6", None), ("lr 5e-6", 0.7)]
    assert (tuning.tried[0].runs[0].why, tuning.edge_words) == ("failed: exit 1", "")


@pytest.mark.parametrize("content", [{}, {"choice": []}, {"choice": {}}, {"choice": "lr"}])
def test_no_choice_is_no_tuning(content: dict[str, object]) -> None:
    assert read_tuning(content) is None


def test_fields_that_are_not_what_they_should_be_are_passed_over() -> None:
    content = {
        "choice": {"lr": "fast"},
        "grid": {"lr": 3, "x": [1]},
        "scores": [3, {"srcc": True}],
        "edge": [["lr"], "lr"],
    }
    tuning = read_tuning(content | {"epochs": "two", "images": True})
    assert isinstance(tuning, Tuning)
    assert (tuning.grid, tuning.edge, tuning.epochs, tuning.images) == ({"x": (1,)}, ("lr",), None, None)
    assert (tuning.words, tuning.edge_words, tuning.tried[0].srcc) == ("lr fast of 0", "", None)
    assert (trial_values({"values": 3}), grid_of({"grid": None})) == ({}, {})


def test_the_words_of_a_choice_are_those_of_a_command() -> None:
    assert chosen_flags({"choice": {"lr": 5e-06, "ema": True, "no_spaq": False}}) == ["--lr", "5e-6", "--ema"]
    assert chosen_flags({}) == chosen_flags({"choice": 3}) == []
