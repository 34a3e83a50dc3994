"""The curves of the monitor screen: which are drawn, and their keys."""

from __future__ import annotations

import re
from pathlib import Path

from textual.pilot import Pilot

from iqa_tui.panels.curves import Curves
from iqa_tui.panels.run_list import RunList
from iqa_tui.widgets.palette import SERIES_ON_DARK
from iqa_tui.widgets.plots.series import Plot
from tests.fakes.app import OpenApp, screen_text, settle
from tests.fakes.run_folders import FakeRun


async def test_space_chooses_several_curves_and_each_is_named(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app() as pilot:
        runs, curves = pilot.app.screen.query_one(RunList), pilot.app.screen.query_one(Curves)
        await settle(pilot, lambda: len(runs.row_keys) == 7)
        for fake in ablation:
            runs.move_to(fake.run.run_id)
            await pilot.press("space")
        assert names_of(curves) == ["F3", "F4"]
        assert len({series.look for series in loss_of(curves).series}) == 2
        await settle(pilot, lambda: " F4" in screen_text(pilot).split("Curves")[1])
        await pilot.press("space")
        assert names_of(curves) == ["F3"]
        await pilot.press("a")
        assert names_of(curves) == ["F1", "F2", "F3", "F4"]
        await pilot.press("a")
        assert len(names_of(curves)) == 1


def loss_of(curves: Curves) -> Plot:
    return next(plot for plot in curves.plots if plot.key == "loss")


def names_of(curves: Curves) -> list[str]:
    return [series.name for series in loss_of(curves).series]


async def test_the_curve_of_the_run_under_the_cursor_is_drawn_over_the_others_and_names_stand_by_value(
    ablation: list[FakeRun], open_app: OpenApp
) -> None:
    async with open_app() as pilot:
        runs, curves = pilot.app.screen.query_one(RunList), pilot.app.screen.query_one(Curves)
        await settle(pilot, lambda: len(runs.row_keys) == 7)
        for fake in ablation:
            runs.move_to(fake.run.run_id)
            await pilot.press("space")
        assert curves.look.front == ablation[1].run.run_id
        runs.move_to(ablation[0].run.run_id)
        await settle(pilot, lambda: curves.look.front == ablation[0].run.run_id)
        await pilot.press("minus")  # as measured, not smoothed
        await settle(pilot, lambda: "┤" in screen_text(pilot).split("Curves")[1])
        last = {series.name: series.y[-1] or 0.0 for series in loss_of(curves).series}
        lines = screen_text(pilot).split("Curves")[1].split("Log ·")[0].splitlines()
        start = lines[1].index("loss")
        row = lines[2 : next(number for number, line in enumerate(lines) if "└" in line)]
        names = [name for line in row for name in re.findall(r" (F[34]) ", line[start:])]
        assert names == sorted(last, key=lambda name: -last[name])


def colours_of_words(pilot: Pilot[None], words: str) -> list[str]:
    """Colour of each text of the screen that is these words, from the top left on."""
    strips = pilot.app.screen._compositor.render_strips(pilot.app.size)
    segments = [segment for strip in strips for segment in strip if segment.text.strip() == words]
    return [segment.style.color.name for segment in segments if segment.style and segment.style.color]


async def test_a_run_has_one_colour_in_its_row_at_its_curve_in_its_log_s_title_and_in_the_results(
    ablation: list[FakeRun], open_app: OpenApp
) -> None:
    ablation[0].print("a line\n")
    async with open_app() as pilot:
        runs = pilot.app.screen.query_one(RunList)
        await settle(pilot, lambda: len(runs.row_keys) == 7)
        runs.move_to(ablation[0].run.run_id)
        await settle(pilot, lambda: len(colours_of_words(pilot, "F3 SRCC")) == 1 and "F3 0.92" in screen_text(pilot))
        (colour,) = colours_of_words(pilot, "F3 SRCC")  # of the log's title
        assert colour == SERIES_ON_DARK[2], "its place in the plan"
        in_row, *at_curves = colours_of_words(pilot, "F3")
        assert in_row == colour
        assert at_curves
        assert set(at_curves) == {colour}
        await pilot.press("3")
        await settle(pilot, lambda: "0.9342" in screen_text(pilot))
        assert colours_of_words(pilot, "F3") == [colour]


async def test_keys_change_the_look_of_the_curves(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app() as pilot:
        curves = pilot.app.screen.query_one(Curves)
        await settle(pilot, lambda: len(pilot.app.screen.query_one(RunList).row_keys) == 7)
        assert curves.border_title == "Curves · smoothed 0.6 · over steps"
        await pilot.press("plus", "x", "x")
        assert curves.border_title == "Curves · smoothed 0.9 · over time"
        await pilot.press("l", "l")
        assert curves.border_title == "Curves · smoothed 0.9 · over time · log"
        await pilot.press("minus", "minus", "minus", "left_square_bracket")
        assert curves.border_title == "Curves · over time · log · 25–75%"
        await pilot.press("right_square_bracket", "x")
        assert curves.border_title == "Curves · over the clock · log"
        before = curves.look.is_banded
        await pilot.press("b")
        assert curves.look.is_banded is not before


async def test_the_crosshair_reads_out_values_in_every_plot_and_moves(
    ablation: list[FakeRun], open_app: OpenApp
) -> None:
    async with open_app() as pilot:
        runs, curves = pilot.app.screen.query_one(RunList), pilot.app.screen.query_one(Curves)
        await settle(pilot, lambda: len(runs.row_keys) == 7)
        runs.move_to(ablation[0].run.run_id)
        await settle(pilot, lambda: curves.look.front == ablation[0].run.run_id)
        await settle(pilot, lambda: "┤" in screen_text(pilot))
        await pilot.press("c")
        assert pilot.app.focused is curves
        assert curves.border_subtitle == "step 660"
        await pilot.press("left")
        assert curves.look.cross < 1.0
        assert str(curves.border_subtitle) < "step 660"
        await pilot.press("c")
        assert curves.look.cross is None
        assert pilot.app.focused is runs
        await pilot.press("left_square_bracket")
        curves.focus()
        await pilot.press("left")
        assert curves.look.window == (0.1875, 0.6875)
        await pilot.press("0")
        assert curves.look.window == (0.0, 1.0)


async def test_a_group_of_many_runs_reads_and_draws_the_best_of_them_and_says_so(
    runs_dir: Path, open_app: OpenApp
) -> None:
    for number in range(1, 6):
        for seed in range(1, 7):
            FakeRun.queue(runs_dir, f"F{number}", seed=seed, created=1.0).start(at=2.0).finish(0.9 + number / 100)
    async with open_app() as pilot:
        runs, curves = pilot.app.screen.query_one(RunList), pilot.app.screen.query_one(Curves)
        await settle(pilot, lambda: "group/koniq-losses" in runs.row_keys)
        runs.move_to("group/koniq-losses")
        await settle(pilot, lambda: str(curves.border_title).startswith("Curves · best 24 of 30 runs · "))
        watcher = pilot.app.run_watcher  # type: ignore[attr-defined]  # as the app is ours
        assert len(watcher._looked_at) == 24
        assert not any("_l1_" in run_id for run_id in watcher._looked_at)
        await pilot.press("a")  # the user may mark them all
        await settle(pilot, lambda: str(curves.border_title).startswith("Curves · smoothed"))
        assert len(watcher._looked_at) == 30
