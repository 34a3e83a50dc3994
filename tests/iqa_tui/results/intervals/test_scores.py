"""The plain values that intervals are computed from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from iqa_tui.results.intervals.scores import RowScores, RunScores
from tests.fakes.scored import Scored, measured


def test_scores_of_unequal_number_or_an_image_twice_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in number"):
        RunScores(1, ("a", "b"), np.ones(2), np.ones(3))
    with pytest.raises(ValueError, match="stands there twice"):
        RunScores(1, ("a", "a"), np.ones(2), np.ones(2))


def test_a_number_of_the_runs_is_compared_over_seeds() -> None:
    plain = Scored().row("F1", [0.8, 0.8, 0.8])

    def with_numbers(name: str, *values: float) -> RowScores:
        runs = (replace(run, numbers={"ln_stability": value}) for run, value in zip(plain.runs, values, strict=True))
        return replace(plain, id=name, runs=tuple(runs))

    table = measured(with_numbers("F1", -1.0, -1.2, -1.4), with_numbers("F2", -2.0, -2.2, -2.4))
    assert table.difference("F2", "F1", "ln_stability").value == pytest.approx(-1.0)
    assert table.best("ln_stability") == "F2"
