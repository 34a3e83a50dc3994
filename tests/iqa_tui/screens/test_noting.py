"""The dialog for tags and notes."""

from __future__ import annotations

import json
from pathlib import Path

from iqa_tui.panels.run_list import RunList
from iqa_tui.queue.noting import note_run
from iqa_tui.screens.noting import NotesScreen
from tests.fakes.app import OpenApp, burst, screen_text, settle
from tests.fakes.run_folders import FakeRun


async def test_tags_and_note_typed_in_one_burst_are_noted(runs_dir: Path, open_app: OpenApp) -> None:
    run = FakeRun.queue(runs_dir, "F2").start().train(200).finish().run
    async with open_app() as pilot:
        table = pilot.app.screen.query_one(RunList)
        await settle(pilot, lambda: table.cursor_key == run.run_id)
        await burst(pilot, *"tpaper, K q", "tab", *"KAP", "enter")
        await settle(pilot, run.notes.exists)
        content = json.loads(run.notes.read_text())
        assert (content["tags"], content["note"], content["archived"]) == (["paper", "K q"], "KAP", False)
        await settle(pilot, lambda: "paper, K q" in screen_text(pilot))
        assert "#paper #K q · KAP" in screen_text(pilot)
        await pilot.press("t")
        await settle(pilot, lambda: isinstance(pilot.app.screen, NotesScreen))
        await pilot.press("x", "escape")
        await pilot.press("t", "end", "backspace", "backspace", "backspace", "backspace", "backspace", "enter")
        await settle(pilot, lambda: json.loads(run.notes.read_text())["tags"] == ["paper"])


async def test_of_several_runs_only_what_they_have_in_common_is_changed(runs_dir: Path, open_app: OpenApp) -> None:
    runs = [FakeRun.queue(runs_dir, "F2", seed=seed).start().train(200).finish().run for seed in (1, 2)]
    note_run(runs[0], ["own", "shared"], "mine")
    note_run(runs[1], ["shared"], "")
    async with open_app() as pilot:
        table = pilot.app.screen.query_one(RunList)
        await settle(pilot, lambda: len(table.row_keys) == 5)
        await burst(pilot, "g", "t", "end", *",new", "enter")
        await settle(pilot, lambda: all("new" in run.notes.read_text() for run in runs))
        noted = [json.loads(run.notes.read_text()) for run in runs]
        assert [(each["tags"], each["note"]) for each in noted] == [
            (["own", "shared", "new"], "mine"),
            (["shared", "new"], ""),
        ]


async def test_an_order_for_a_row_of_several_runs_says_that_it_is_for_each(runs_dir: Path, open_app: OpenApp) -> None:
    FakeRun.queue(runs_dir, "F2").start().train(200).finish()
    async with open_app() as pilot:
        table = pilot.app.screen.query_one(RunList)
        await settle(pilot, lambda: len(table.row_keys) == 3)
        await pilot.press("g", "K", "R", "h", "p")
        assert ["unfold it" in told.message for told in pilot.app._notifications] == [True] * 4
