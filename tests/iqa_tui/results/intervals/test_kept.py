"""The same scores are not resampled twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iqa_tui.results.intervals.cancelling import Cancelled, Observer
from iqa_tui.results.intervals.kept import MOST_TABLES, content_key, kept_table
from iqa_tui.results.intervals.resampling import USUAL, Resampling
from tests.fakes.scored import Scored

FEW = Resampling(20)


def test_the_same_scores_are_kept_whatever_object_holds_them() -> None:
    first = kept_table([Scored().row("F1", [0.8])], ["srcc"], FEW)
    told: list[float] = []
    assert kept_table([Scored().row("F1", [0.8])], ["srcc"], FEW, Observer(told.append)) is first
    assert told == []


def test_what_was_stopped_is_not_kept() -> None:
    rows = [Scored(seed=9).row("F1", [0.8])]
    with pytest.raises(Cancelled):
        kept_table(rows, ["srcc"], FEW, Observer(should_stop=lambda: True))
    assert kept_table(rows, ["srcc"], FEW).estimate("F1", "srcc").value is not None


def test_only_the_newest_tables_are_kept() -> None:
    tables = [kept_table([Scored(seed=seed).row("F1", [0.8])], ["srcc"], FEW) for seed in range(20, 21 + MOST_TABLES)]
    assert kept_table([Scored(seed=20 + MOST_TABLES).row("F1", [0.8])], ["srcc"], FEW) is tables[-1]
    assert kept_table([Scored(seed=20).row("F1", [0.8])], ["srcc"], FEW) is not tables[0]


def test_all_that_changes_a_number_or_a_word_changes_the_key() -> None:
    row = Scored().row("F1", [0.8])
    run = row.runs[0]
    others = [
        [replace(row, id="F2")],
        [replace(row, protocol="published")],
        [replace(row, is_demo=True)],
        [replace(row, recorded={"srcc": 0.9})],
        [replace(row, runs=(replace(run, predictions=run.predictions + 1e-9),))],
        [replace(row, runs=(replace(run, mos=run.mos + 1),))],
        [replace(row, runs=(replace(run, calibrated=run.mos),))],
        [replace(row, runs=(replace(run, groups=("a",) * 200),))],
        [replace(row, runs=(replace(run, seed=2),))],
        [replace(row, runs=(replace(run, numbers={"hours": 1.0}),))],
        [row, replace(row, id="F2")],
    ]
    keys = [content_key([row], ["srcc"], USUAL), content_key([row], ["plcc"], USUAL), content_key([row], ["srcc"], FEW)]
    keys += [content_key(rows, ["srcc"], USUAL) for rows in others]
    assert len(set(keys)) == len(keys)
