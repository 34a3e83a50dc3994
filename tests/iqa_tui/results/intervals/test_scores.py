"""The plain values that intervals are computed from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from iqa_tui.results.intervals.scores import RunScores
from tests.fakes.scored import Scored, measured


def test_scores_of_unequal_number_or_an_image_twice_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in number"):
        RunScores(1, ("a", "b"), np.ones(2), np.ones(3))
    with pytest.raises(ValueError, match="stands there twice"):
        RunScores(1, ("a", "a"), np.ones(2), np.ones(2))


def test_a_number_is_added_to_the_runs_of_its_seeds() -> None:
    row = Scored().row("F1", [0.8, 0.8, 0.8]).with_numbers("hours", {1: 2.0, 2: None})
    row = row.with_numbers("ln_stability", {1: -1.0, 2: -1.2, 3: -1.4})
    assert [run.numbers for run in row.runs] == [
        {"hours": 2.0, "ln_stability": -1.0},
        {"ln_stability": -1.2},
        {"ln_stability": -1.4},
    ]
    steadier = replace(row, id="F2").with_numbers("ln_stability", {1: -2.0, 2: -2.2, 3: -2.4})
    table = measured(row, steadier)
    assert table.difference("F2", "F1", "ln_stability").value == pytest.approx(-1.0)
    assert table.best("ln_stability") == "F2"
