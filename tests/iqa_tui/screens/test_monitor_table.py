"""The table of runs on the monitor screen: folds, order, filter."""

from __future__ import annotations

from pathlib import Path

from iqa_tui.messages import RunsChanged
from iqa_tui.panels.curves import Curves
from iqa_tui.panels.run_list import RunList
from tests.fakes.app import OpenApp, screen_text, settle
from tests.fakes.run_folders import FakeRun
from training.runfolder.exits import ExitKind


async def test_runs_of_several_seeds_are_told_apart_at_80_columns(runs_dir: Path, open_app: OpenApp) -> None:
    FakeRun.queue(runs_dir, "F5", seed=7)
    async with open_app((80, 24)) as pilot:
        await settle(pilot, lambda: "Pairwise" in screen_text(pilot))
        assert "seed" not in screen_text(pilot)
        FakeRun.queue(runs_dir, "F5", seed=1234)
        await settle(pilot, lambda: "s7 " in screen_text(pilot))
        assert "s1234" in screen_text(pilot)
        assert "○ 2 seeds" in screen_text(pilot)


async def test_seeds_fold_into_one_row_by_keys_and_by_clicks(runs_dir: Path, open_app: OpenApp) -> None:
    for seed, srcc in ((1, 0.93), (2, 0.934)):
        FakeRun.queue(runs_dir, "F3", seed=seed).start().train(200).finish(srcc)
    async with open_app() as pilot:
        runs = pilot.app.screen.query_one(RunList)
        await settle(pilot, lambda: len(runs.row_keys) == 5)
        group, _, experiment, first, _ = runs.row_keys
        assert "2 of 2" in screen_text(pilot)
        assert "0.9340 ±.0028" in screen_text(pilot)
        runs.move_to(first)
        await pilot.press("left")
        assert (runs.row_keys[-1], runs.cursor_key) == (experiment, experiment)
        await pilot.press("left")
        assert runs.cursor_key == group
        await pilot.press("left")
        assert runs.row_keys == (group,)
        await pilot.press("left", "right", "right", "down", "down", "right")
        assert len(runs.row_keys) == 5
        await pilot.click(RunList, offset=(10, 2))
        await settle(pilot, lambda: runs.row_keys == (group,))


async def test_a_folded_row_draws_and_marks_all_of_its_runs(runs_dir: Path, open_app: OpenApp) -> None:
    for seed in (1, 2):
        FakeRun.queue(runs_dir, "F3", seed=seed).start().train(200).finish().print(f"seed {seed}")
    async with open_app() as pilot:
        runs, curves = pilot.app.screen.query_one(RunList), pilot.app.screen.query_one(Curves)
        await settle(pilot, lambda: len(runs.row_keys) == 5)
        runs.move_to(runs.row_keys[2])
        await settle(pilot, lambda: curves.plots and len(curves.plots[0].series) == 2)
        assert {series.group_name for series in curves.plots[0].series} == {"F3"}
        await pilot.press("space")
        assert set(pilot.app.screen.view.marked) == set(runs.row_keys[3:])
        await pilot.press("space", "K")
        assert pilot.app.screen.view.marked == ()
        assert pilot.app.screen is pilot.app.screen_stack[0]
        await settle(pilot, lambda: "seed 2" in screen_text(pilot))


async def test_rows_are_sorted_by_keys_and_by_clicks_on_titles(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app() as pilot:
        runs = pilot.app.screen.query_one(RunList)
        await settle(pilot, lambda: len(runs.row_keys) == 7)

        def order() -> str:
            return " ".join(row.run.experiment for row in runs.rows if row.run)

        def heading() -> str:
            return screen_text(pilot).splitlines()[2].split("│")[1]

        await pilot.press("less_than_sign")  # the last column
        await settle(pilot, lambda: "↓val SRCC" in heading())
        assert order() == "F2 F3 F4 F1 F5"
        await pilot.press("r")
        await settle(pilot, lambda: "↑val SRCC" in heading())
        assert order() == "F4 F3 F2 F1 F5"
        assert runs.row_keys[1] == "recorded/0"
        await pilot.press("greater_than_sign")
        await settle(pilot, lambda: "SRCC" in heading() and "↑" not in heading())
        assert order() == "F1 F2 F3 F4 F5"
        place = heading().index("state") + 1
        for arrow, first in (("state↑", "F1"), ("state↓", "F3"), ("state ", "F1")):
            await pilot.click(RunList, offset=(place, 1))
            await settle(pilot, lambda arrow=arrow: arrow in heading())  # type: ignore[misc]
            assert order().startswith(first)


async def test_a_mistake_in_the_filter_is_said_beside_it_and_the_rest_filters(
    ablation: list[FakeRun], open_app: OpenApp
) -> None:
    async with open_app() as pilot:
        runs = pilot.app.screen.query_one(RunList)
        await settle(pilot, lambda: len(runs.row_keys) == 7)
        await pilot.press("slash", *"state:run srcc>x")
        await settle(pilot, lambda: "x is none: srcc>0.9" in screen_text(pilot).splitlines()[-2])
        assert len(runs.row_keys) == 3
        await pilot.press("backspace", *"0.9")
        await settle(pilot, lambda: "none" not in screen_text(pilot).splitlines()[-2])
        assert len(runs.row_keys) == 3


async def test_nothing_moves_when_the_cursor_comes_to_a_run_with_a_long_cause(
    runs_dir: Path, open_app: OpenApp
) -> None:
    FakeRun.queue(runs_dir, "F2", created=1.0).start().train(20).finish()
    FakeRun.queue(runs_dir, "F3", created=1.0).start().end(ExitKind.FAILED, "exit 1: " + "a long cause " * 12)
    async with open_app((80, 24)) as pilot:
        runs, why = pilot.app.screen.query_one(RunList), pilot.app.screen.query_one("#why")
        await settle(pilot, lambda: len(runs.row_keys) == 4)
        await settle(pilot, lambda: why.size.height == 3)
        places = []
        for key in ("k", "j", "j", "j"):
            await pilot.press(key)
            await pilot.pause()
            places.append(
                screen_text(pilot).splitlines().index(next(filter(is_curves, screen_text(pilot).splitlines())))
            )
        assert len(set(places)) == 1
        assert "a long cause a long cause" in screen_text(pilot)


def is_curves(line: str) -> bool:
    return line.startswith("╭─ Curves")


async def test_while_runs_are_read_rows_stand_at_once_and_nothing_is_said_to_be_missing(
    ablation: list[FakeRun], open_app: OpenApp
) -> None:
    async with open_app() as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        pilot.app.run_watcher.stop()
        known = pilot.app._runs
        pilot.app.post_message(RunsChanged(known, "", "reading curves 57 of 200"))
        await settle(pilot, lambda: "Runs · reading curves 57 of 200" in screen_text(pilot))
        assert "● running" in screen_text(pilot)
        pilot.app.post_message(RunsChanged((), "", "reading runs 0 of 200"))
        await settle(pilot, lambda: "reading runs 0 of 200 …" in screen_text(pilot))
        assert "No runs" not in screen_text(pilot)


async def test_a_filter_that_no_run_passes_says_how_to_see_them_again(
    ablation: list[FakeRun], open_app: OpenApp
) -> None:
    async with open_app() as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        await pilot.press("slash", *"nothing", "enter")
        await settle(pilot, lambda: "No run matches “nothing”. Escape shows all again." in screen_text(pilot))
        await pilot.press("escape")
        await settle(pilot, lambda: "● running" in screen_text(pilot))
