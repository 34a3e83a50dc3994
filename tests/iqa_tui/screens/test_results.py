"""The results screen and its export."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.panels.result_table import ResultTable
from iqa_tui.results.findings import build
from iqa_tui.results.findings.values import Findings
from iqa_tui.results.shown import ResultView
from iqa_tui.results.table import Table
from iqa_tui.screens import results
from iqa_tui.screens.building_results import TableBuilt
from iqa_tui.screens.export import ExportScreen
from iqa_tui.screens.monitor import MonitorScreen
from iqa_tui.widgets.row_table import RowTable
from tests.fakes.ablation import LOSSES, make_ablation
from tests.fakes.app import OpenApp, screen_text, settle
from tests.fakes.run_folders import FakeRun
from tests.fakes.runs import finish_run
from tests.fakes.tuned import tuned_table

LINES_OF_COLUMNS = 14
"""Of the dialog: the others are scrolled to."""


async def test_the_table_has_recorded_finished_and_unfinished_rows(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app(room="results") as pilot:
        await settle(pilot, lambda: "0.9342" in screen_text(pilot))
        text = screen_text(pilot)
        for words in ("◆ F1", "0.9354", "≠ prot.", "−0.0012†", "finished", "running", "queued", "CUDA out of memory"):
            assert words in text
        assert "protocol clean" in text
        assert "✓ met" not in text
        await pilot.press("j", "j")
        await settle(pilot, lambda: "difference across protocols" in screen_text(pilot))
        assert "expected SRCC 0.930 to 0.935, by protocol" in screen_text(pilot)


async def test_a_run_by_the_protocol_of_the_expected_range_meets_it(runs_dir: Path, open_app: OpenApp) -> None:
    finish_run(FakeRun.queue(runs_dir, "F2").start().run, 0.9321, 0.9433, protocol="published")
    async with open_app(room="results") as pilot:
        await settle(pilot, lambda: "✓ met" in screen_text(pilot))
        assert "≠ prot." not in screen_text(pilot)


async def test_a_run_that_finishes_appears_in_the_table(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app(room="results") as pilot:
        await settle(pilot, lambda: "0.9342" in screen_text(pilot))
        ablation[0].finish(srcc=0.9388)
        await settle(pilot, lambda: "0.9388" in screen_text(pilot))


async def test_brackets_change_between_groups(runs_dir: Path, open_app: OpenApp) -> None:
    FakeRun.queue(runs_dir, "F2", created=100.0).start().finish()
    FakeRun.queue(runs_dir, "F3", created=50.0, group="older").start().finish()
    async with open_app(room="results") as pilot:
        table = pilot.app.screen.query_one(ResultTable)
        await settle(pilot, lambda: str(table.border_title).startswith("Results · koniq-losses · table 1 of 2"))
        await pilot.press("right_square_bracket")
        await settle(pilot, lambda: str(table.border_title).startswith("Results · older · table 2 of 2"))
        await pilot.press("left_square_bracket")
        await settle(pilot, lambda: str(table.border_title).startswith("Results · koniq-losses"))


async def test_no_results_teach_how_to_get_some(open_app: OpenApp) -> None:
    async with open_app(room="results") as pilot:
        await settle(pilot, lambda: "No results yet." in screen_text(pilot))
        await pilot.press("e")
        await pilot.pause()
        assert not isinstance(pilot.app.screen, ExportScreen)


async def test_rows_by_different_trainer_code_are_told_of_above_the_table(runs_dir: Path, open_app: OpenApp) -> None:
    for identity, digest in (("F2", "aaa"), ("F3", "bbb")):
        FakeRun.queue(runs_dir, identity, source_digest=digest).start().finish()
    async with open_app(room="results", size=(80, 24)) as pilot:
        await settle(pilot, lambda: "Rows by different trainer code: F2 by aaa, F3 by bbb." in screen_text(pilot))
        await pilot.press("2")
        await settle(pilot, lambda: "2 of 2 finished · trainer code differs" in screen_text(pilot))


async def test_no_long_caption_hides_that_the_trainer_code_differs(
    runs_dir: Path, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    for identity, digest in (("F2", "aaa"), ("F3", "bbb")):
        FakeRun.queue(runs_dir, identity, source_digest=digest).start().finish()
    monkeypatch.setattr(results, "caption", lambda _table: "word " * 200)
    async with open_app(room="results", size=(80, 24)) as pilot:
        await settle(pilot, lambda: "Rows by different trainer code: F2 by aaa, F3 by bbb." in screen_text(pilot))
        lines = screen_text(pilot).splitlines()
        assert "word word" in lines[2]
        assert "word…" in lines[3]


async def test_every_choosable_column_says_what_it_is_in_80_columns(runs_dir: Path, open_app: OpenApp) -> None:
    FakeRun.queue(runs_dir, "F2").start().finish()
    async with open_app(room="results", size=(80, 40)) as pilot:
        await settle(pilot, lambda: "L2 (MSE)" in screen_text(pilot))
        await pilot.press("C")
        await settle(pilot, lambda: "[ ] GPU GiB" in screen_text(pilot))
        ticked = [line for line in screen_text(pilot).splitlines() if "[x]" in line or "[ ]" in line]
        assert len(ticked) == LINES_OF_COLUMNS
        assert not [line for line in ticked if "…" in line]


async def test_a_title_shows_its_brackets(runs_dir: Path, open_app: OpenApp) -> None:
    FakeRun.queue(runs_dir, "F2", created=100.0).start().finish()
    FakeRun.queue(runs_dir, "F3", created=50.0, group="older").start().finish()
    async with open_app(room="results") as pilot:
        await settle(pilot, lambda: "table 1 of 2, [ and ] change" in screen_text(pilot))


async def test_findings_come_after_the_table_and_fill_its_intervals(runs_dir: Path, open_app: OpenApp) -> None:
    make_ablation(runs_dir, images=60)
    async with open_app(room="results", size=(140, 40)) as pilot:
        await settle(pilot, lambda: "H4 ✓ holds" in screen_text(pilot) or "H1 ?" in screen_text(pilot))
        text = screen_text(pilot)
        assert "Recommendation" in text
        assert "not shown" in text
        assert "├" in text
        assert "Δ to F1" in text


async def test_a_low_terminal_shows_chart_or_findings_and_tab_changes_between_them(
    runs_dir: Path, open_app: OpenApp
) -> None:
    make_ablation(runs_dir, {row: LOSSES[row][:2] for row in ("F1", "F3")}, images=60)
    async with open_app(room="results", size=(80, 24)) as pilot:
        await settle(pilot, lambda: "Δ to F1" in screen_text(pilot))
        assert "Recommendation" not in screen_text(pilot)
        await pilot.press("tab", "tab")
        await settle(pilot, lambda: "Recommendation" in screen_text(pilot))
        assert "Δ to F1," not in screen_text(pilot)
        assert "Notes · F1" in screen_text(pilot)
        await pilot.resize_terminal(20, 5)
        await settle(pilot, lambda: screen_text(pilot).split() == ["needs", "60×15"])
        await pilot.resize_terminal(80, 24)
        await settle(pilot, lambda: "Recommendation" in screen_text(pilot))
        await pilot.press("tab")
        await settle(pilot, lambda: "Δ to F1" in screen_text(pilot) and "Recommendation" not in screen_text(pilot))


async def test_columns_are_chosen_and_remembered(runs_dir: Path, open_app: OpenApp) -> None:
    make_ablation(runs_dir, {row: LOSSES[row][:2] for row in ("F1", "F3")}, images=60)
    async with open_app(room="results", size=(140, 40)) as pilot:
        await settle(pilot, lambda: "test PLCC" in screen_text(pilot))
        screen = pilot.app.screen
        await pilot.press("C")
        await settle(pilot, lambda: "[x] test PLCC" in screen_text(pilot))
        while pilot.app.screen.query_one(RowTable).cursor_key != "krcc":
            await pilot.press("down")
        await pilot.press("space", "enter")
        await settle(pilot, lambda: pilot.app.screen is screen and "test KRCC" in screen_text(pilot))
        assert "krcc" in screen.session.remembered.recall("results", ResultView()).columns


async def test_what_cannot_be_worked_out_is_said_and_the_table_stays(
    runs_dir: Path, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ArithmeticError("a strange number")

    monkeypatch.setattr(build, "findings_of", fail)
    make_ablation(runs_dir, {"F1": LOSSES["F1"][:1]}, images=20)
    async with open_app(room="results", size=(140, 40)) as pilot:
        await settle(pilot, lambda: "could not be worked out" in screen_text(pilot))
        assert "a strange number" in screen_text(pilot)
        assert "0.9" in screen_text(pilot)


async def test_with_one_seed_the_chart_says_what_its_intervals_lack(runs_dir: Path, open_app: OpenApp) -> None:
    make_ablation(runs_dir, images=60, seeds=(1,))
    async with open_app(room="results", size=(140, 40)) as pilot:
        await settle(pilot, lambda: "one seed: training noise is not in it ─" in screen_text(pilot))


async def test_in_few_lines_table_chart_and_findings_take_turns(runs_dir: Path, open_app: OpenApp) -> None:
    make_ablation(runs_dir, {row: LOSSES[row][:2] for row in ("F1", "F3")}, images=60)
    async with open_app(room="results", size=(60, 15)) as pilot:
        shown = (("experiment", "test SRCC"), ("Δ to F1, 95% interval", "test SRCC"), ("Recommendation",))
        for place in (0, 1, 2, 0):
            await settle(pilot, lambda place=place: all(words in screen_text(pilot) for words in shown[place]))
            if place:
                assert "experiment" not in screen_text(pilot)
            if place != 1:
                assert "whiskers" not in screen_text(pilot)
            await pilot.press("tab")


async def test_intervals_stay_in_sight_while_a_table_that_did_not_change_is_worked_out_again(
    runs_dir: Path, open_app: OpenApp
) -> None:
    make_ablation(runs_dir, {row: LOSSES[row][:2] for row in ("F1", "F3")}, images=60)
    async with open_app(room="results", size=(140, 40)) as pilot:
        screen = pilot.app.screen
        await settle(pilot, lambda: "├" in screen_text(pilot) and "Recommendation" in screen_text(pilot))
        screen.on_table_built(TableBuilt(screen._groups, replace(screen._table)))
        await pilot.pause()
        assert "├" in screen_text(pilot)
        other = replace(screen._table, group="another")
        screen.on_table_built(TableBuilt(screen._groups, other))
        await settle(pilot, lambda: "is being worked out" in screen_text(pilot))
        assert "Recommendation" not in screen_text(pilot)
        assert "95% interval" not in screen_text(pilot)


async def test_nothing_is_worked_out_for_a_screen_that_is_not_looked_at(
    ablation: list[FakeRun], open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables: list[Table] = []
    computed = build.findings_of

    def counted(table: Table, *arguments: Any, **more: Any) -> Findings:
        tables.append(table)
        return computed(table, *arguments, **more)

    monkeypatch.setattr(build, "findings_of", counted)
    async with open_app(room="results", size=(140, 40)) as pilot:
        await settle(pilot, lambda: bool(tables) and "Recommendation" in screen_text(pilot))
        before = len(tables)
        await pilot.press("2")
        await settle(pilot, lambda: isinstance(pilot.app.screen, MonitorScreen))
        ablation[0].finish(srcc=0.9388)
        runs = pilot.app.screen
        await settle(
            pilot, lambda: any(run.result and run.result.metrics["test"]["srcc"] == 0.9388 for run in runs.runs)
        )
        assert len(tables) == before
        await pilot.press("3")
        await settle(pilot, lambda: "0.9388" in screen_text(pilot) and len(tables) > before)


async def test_the_row_under_the_cursor_shows_how_it_was_tuned(runs_dir: Path, open_app: OpenApp) -> None:
    tuned_table(runs_dir)
    async with open_app(room="results", size=(140, 44)) as pilot:
        await settle(pilot, lambda: "Notes · F1" in screen_text(pilot))
        assert "Tuning · F1" not in screen_text(pilot)  # it is the recorded row
        await pilot.press("down")
        await settle(pilot, lambda: "Tuning · F1 · validation SRCC by lr" in screen_text(pilot))
        assert "1e-6" in screen_text(pilot)
        await pilot.press("down")
        await settle(pilot, lambda: "Tuning · F2 · validation SRCC by lr" in screen_text(pilot))
        await pilot.resize_terminal(80, 24)
        await settle(pilot, lambda: "Tuning · F2" not in screen_text(pilot))
