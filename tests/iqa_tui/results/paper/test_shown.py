from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from iqa_tui.results.intervals.score_files import together
from iqa_tui.results.paper.content import Content
from iqa_tui.results.paper.shown import Bar, Curve, Panel, Price, Shown, Tried, beside_each_other, figures_of
from tests.fakes.ablation import LOSSES
from tests.fakes.papers import made_content, read_content
from tests.fakes.runs import finish_run, queue_experiment
from tests.fakes.tuned import tuned_table


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Content:
    return made_content(tmp_path_factory.mktemp("runs"))


def named(content: Content, name: str) -> Shown:
    return next(shown for shown in figures_of(content) if shown.name == name)


def test_the_differences_are_those_of_the_findings_without_recorded_rows(content: Content) -> None:
    shown = named(content, "differences")
    bars = cast("list[Bar]", shown.parts)
    found = [content.findings.difference(row, "srcc") for row in ("F2", "F3", "F4", "F5")]
    assert [(bar.value, bar.low, bar.high) for bar in bars] == [(d.value, d.low, d.high) for d in found if d]
    assert shown.told.startswith("F2 ")


def test_a_curve_is_the_mean_and_the_sd_of_the_seeds(content: Content) -> None:
    curve = cast("list[Curve]", named(content, "validation").parts)[0]
    mean = sum(LOSSES["F1"]) / 3
    assert curve.epochs == (1, 2, 3, 4, 5)
    assert curve.means[-1] == pytest.approx(mean - 0.1 / 25)
    assert curve.sds is not None
    assert curve.sds[0] == pytest.approx((sum((value - mean) ** 2 for value in LOSSES["F1"]) / 2) ** 0.5)


def test_a_curve_ends_with_the_first_seed_that_ends(content: Content) -> None:
    rows = content.rows
    first = next(row for row in rows if row.runs)
    short = replace(first.runs[0], validation=first.runs[0].validation[:2])
    cut = replace(content, rows=(replace(first, runs=(short, *first.runs[1:])),))
    assert cast("list[Curve]", named(cut, "validation").parts)[0].epochs == (1, 2)


def test_a_panel_has_every_test_image_and_a_fit_that_rises(content: Content) -> None:
    panels = cast("list[Panel]", named(content, "predictions").parts)
    assert [panel.run for panel in panels] == [f"F{row} seed 1" for row in range(1, 6)]
    assert {len(panel.mos) for panel in panels} == {120}
    fits = [fit for panel in panels for fit in panel.fits]
    assert fits
    assert all(fit[0][1] < fit[-1][1] for fit in fits)


def test_each_of_several_data_sets_has_a_fit_of_its_own(content: Content) -> None:
    row = next(row for row in content.rows if row.runs)
    whole, noise = row.runs[0].scores, np.random.default_rng(0)
    mos = noise.uniform(1, 5, size=len(whole.images))
    like_it = replace(whole, mos=mos, predictions=mos + 0.4 * noise.normal(size=len(mos)), part_of="biq2021")
    above_it = replace(like_it, predictions=like_it.predictions + 50, part_of="csv")
    scores = together([like_it, above_it], {"biq2021": (0.0, 5.0), "csv": (0.0, 5.0)})
    mixed = replace(content, rows=(replace(row, runs=(replace(row.runs[0], scores=scores),)),))
    shown = named(mixed, "predictions")
    (panel,) = cast("list[Panel]", shown.parts)
    assert panel.sets == ("biq2021", "csv")
    assert [len(fit) for fit in panel.fits] == [len(whole.images)] * 2
    first, second = panel.fits
    assert first[-1][0] < second[0][0]
    assert "each data set, whose opinions are brought to a scale from 0 to 1" in shown.title
    assert "no logistic fit" not in shown.told


def test_rows_that_take_equally_long_stand_side_by_side() -> None:
    assert beside_each_other([1.0, 1.0, 2.0]) == pytest.approx([1.0, 1.025, 2.0])
    assert beside_each_other([]) == []
    assert len(set(beside_each_other([0.0, 0.0]))) == 2


def test_the_cost_has_hours_and_the_interval(content: Content) -> None:
    prices = cast("list[Price]", named(content, "cost").parts)
    assert [price.look.name[:2] for price in prices] == ["F1", "F2", "F3", "F4", "F5"]
    assert all(price.low is not None and price.low < price.srcc for price in prices)


def test_a_figure_of_nothing_is_left_out(tmp_path: Path) -> None:
    finish_run(queue_experiment(tmp_path, "F3"), 0.9312, 0.9411)
    assert [shown.name for shown in figures_of(read_content(tmp_path))] == ["differences", "cost"]


def test_a_tuned_row_is_a_line_over_its_values_and_a_plan_that_tunes_two_flags_has_none(tmp_path: Path) -> None:
    tuned_table(tmp_path, experiments=("F1", "F4"))
    tuned = read_content(tmp_path)
    shown = named(tuned, "tuning")
    first, second = cast("list[Tried]", shown.parts)
    assert (first.values, first.chosen) == ((1e-6, 2e-6, 5e-6, 1e-5), (5e-6, 0.7301))
    assert (second.values, shown.flag) == ((1e-6, 5e-6, 1e-5), "lr")  # one value of F4 has no score
    assert "F1 1e-6: 0.7012" in shown.told
    two = [
        replace(each, tuning=replace(each.tuning, grid={**each.tuning.grid, "batch_size": (8, 16)}))
        for each in tuned.findings.tunings
    ]
    both = replace(tuned, findings=replace(tuned.findings, tunings=tuple(two)))
    assert "tuning" not in [each.name for each in figures_of(both)]
