"""Which images are drawn, and of which predictions each metric is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from iqa_tui.results.intervals.cancelling import Cancelled, Observer
from iqa_tui.results.intervals.resampling import Resampling
from iqa_tui.results.intervals.table import measure_rows
from tests.fakes.scored import METRICS, Scored, is_bare, measured, with_all


def test_images_are_paired_by_name_in_whatever_order_they_stand() -> None:
    scored = Scored()
    rows = scored.row("F1", [0.8, 0.81]), scored.row("F2", [0.9, 0.91])
    turned = tuple(
        replace(run, images=run.images[::-1], mos=run.mos[::-1], predictions=run.predictions[::-1])
        for run in rows[1].runs
    )
    plain, mixed = (
        measured(rows[0], row).difference("F2", "F1", "srcc") for row in (rows[1], replace(rows[1], runs=turned))
    )
    assert mixed == plain


def test_reference_images_are_drawn_whole() -> None:
    scored = Scored()
    groups = tuple(f"photo{number // 20}" for number in range(200))
    photographs = scored.noise.normal(size=10)  # each is hard, and well liked, in all its distortions
    scored.difficulty, scored.opinions = (
        np.repeat(photographs, 20) * 2,
        scored.opinions * 0.5 + np.repeat(photographs[::-1], 20),
    )
    row = scored.row("F1", [0.8, 0.8, 0.8])
    alone, grouped = (measured(each).estimate("F1", "srcc") for each in (row, with_all(row, groups=groups)))
    assert (alone.units, grouped.units, grouped.images) == (200, 10, 200)
    assert alone.se_images is not None
    assert grouped.se_images is not None
    assert grouped.se_images > 1.5 * alone.se_images
    half_known = replace(row, runs=(row.runs[0], replace(row.runs[1], groups=groups)))
    assert measured(half_known).estimate("F1", "srcc").units == 10
    single = measured(with_all(row, groups=("photo",) * 200)).estimate("F1", "srcc")
    assert is_bare(single)
    assert "how it moves with the images is not known" in single.note


def test_rmse_is_of_calibrated_predictions() -> None:
    scored = Scored()
    row = scored.row("F1", [0.8, 0.81])
    table = measured(replace(row, id="F0"), with_all(row, calibrated=scored.opinions + 0.5))
    found = table.estimate("F1", "rmse")
    assert (found.value, found.note) == (pytest.approx(0.5), "no variation")
    assert table.estimate("F0", "rmse").note == "its loss fixes no scale"
    errors = scored.noise.normal(size=200)
    moving = measured(with_all(row, calibrated=scored.opinions + errors)).estimate("F1", "rmse")
    assert moving.low is not None
    assert moving.low < moving.value < moving.high
    assert moving.value == pytest.approx(np.sqrt(np.mean(errors**2)))


def test_progress_rises_to_the_end_and_a_stop_ends_it() -> None:
    rows = [Scored().row("F1", [0.8, 0.81])]
    told: list[float] = []
    measure_rows(rows, METRICS, Resampling(50), Observer(told.append))
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 5
    with pytest.raises(Cancelled):
        measure_rows(rows, METRICS, Resampling(50), Observer(should_stop=lambda: True))
