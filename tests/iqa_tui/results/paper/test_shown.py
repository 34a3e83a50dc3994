from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from iqa_tui.results.paper.content import Content
from iqa_tui.results.paper.shown import Bar, Curve, Panel, Price, Shown, beside_each_other, figures_of
from tests.fakes.ablation import LOSSES
from tests.fakes.papers import made_content, read_content
from tests.fakes.runs import finish_run, queue_experiment


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
    fits = [panel.fit for panel in panels if panel.fit]
    assert fits
    assert all(fit[0][1] < fit[-1][1] for fit in fits)


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
