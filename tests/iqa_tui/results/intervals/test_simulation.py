"""Simulated tables: the intervals hold the true difference about as often as they say."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from iqa_tui.results.intervals.estimates import Difference
from iqa_tui.results.intervals.resampling import Resampling
from iqa_tui.results.intervals.table import MeasuredTable, measure_rows
from tests.fakes.scored import Scored

TABLES = 300
SEED_SD = 0.003
TRUE = {"F2": 0.0, "F3": 0.004}
"""Row to its true difference to F1."""


@dataclass
class Tally:
    held: int = 0
    rejected: int = 0

    def count(self, found: Difference, true: float) -> None:
        assert found.low is not None
        assert found.high is not None
        assert found.p is not None
        self.held += found.low <= true <= found.high
        self.rejected += found.p < 0.05


def simulated(number: int) -> MeasuredTable:
    """Three seeds a row, 500 images."""
    scored = Scored(500, 1000 + number)
    rows = [
        scored.row(name, [0.93 + TRUE.get(name, 0.0) + SEED_SD * shift for shift in scored.noise.normal(size=3)])
        for name in ("F1", *TRUE)
    ]
    return measure_rows(rows, ["srcc"], Resampling(200))


def of_one_seed(table: MeasuredTable) -> MeasuredTable:
    return replace(table, runs={name: runs[:1] for name, runs in table.runs.items()})


@pytest.fixture(scope="module")
def tallies() -> dict[tuple[int, str], Tally]:
    """(seeds, row) to what was found in all tables."""
    found = {(seeds, row): Tally() for seeds in (1, 3) for row in TRUE}
    for number in range(TABLES):
        whole = simulated(number)
        for seeds, table in ((3, whole), (1, of_one_seed(whole))):
            for row, true in TRUE.items():
                found[seeds, row].count(table.difference(row, "F1", "srcc"), true)
    return found


@pytest.mark.parametrize("row", TRUE)
def test_three_seeds_hold_the_true_difference(tallies: dict[tuple[int, str], Tally], row: str) -> None:
    assert 0.92 * TABLES <= tallies[3, row].held <= 0.99 * TABLES


def test_a_difference_that_is_not_there_is_seldom_shown(tallies: dict[tuple[int, str], Tally]) -> None:
    assert tallies[3, "F2"].rejected <= 0.07 * TABLES


def test_one_seed_holds_it_too_rarely_which_is_why_it_is_said(tallies: dict[tuple[int, str], Tally]) -> None:
    assert tallies[1, "F3"].held < 0.92 * TABLES
