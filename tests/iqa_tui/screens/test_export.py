"""The table of results, written to a file from the screen."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from iqa_tui.results.export import render
from iqa_tui.results.table import build_table
from iqa_tui.screens import export
from iqa_tui.screens.confirm import ConfirmScreen
from iqa_tui.screens.export import ExportScreen
from tests.fakes.app import OpenApp, burst, flowing, screen_text, settle
from tests.fakes.run_folders import FakeRun


async def test_export_writes_the_same_bytes_as_the_command_line_and_says_where(
    ablation: list[FakeRun], open_app: OpenApp, tmp_path: Path, runs_dir: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    expected = render(build_table(runs_dir), "latex")
    async with open_app(room="results") as pilot:
        await settle(pilot, lambda: "0.9342" in screen_text(pilot))
        await pilot.press("e")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ExportScreen))
        await pilot.press("j", "j")
        await settle(pilot, lambda: "koniq-losses.tex" in screen_text(pilot))
        await pilot.press("enter")
        await settle(pilot, lambda: not isinstance(pilot.app.screen, ExportScreen))
        assert [str(note.message) for note in pilot.app._notifications] == [f"Wrote {tmp_path / 'koniq-losses.tex'}"]
    assert (tmp_path / "koniq-losses.tex").read_text() == expected


async def test_an_export_that_fails_says_why_and_stays_open(
    ablation: list[FakeRun], open_app: OpenApp, tmp_path: Path
) -> None:
    async with open_app(room="results") as pilot:
        await settle(pilot, lambda: "0.9342" in screen_text(pilot))
        await pilot.press("e")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ExportScreen))
        pilot.app.screen.query_one("#path").value = str(tmp_path)
        await pilot.press("enter")
        await settle(pilot, lambda: "is a folder" in screen_text(pilot))
        await pilot.press("escape")
        await settle(pilot, lambda: not isinstance(pilot.app.screen, ExportScreen))


async def test_e_on_the_monitor_opens_the_export_of_that_runs_table(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app() as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        await pilot.press("down", "e")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ExportScreen))


async def test_the_file_is_named_after_the_format_that_is_written_however_fast_it_is_chosen(
    ablation: list[FakeRun], open_app: OpenApp, tmp_path: Path, runs_dir: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with open_app(room="results") as pilot:
        await settle(pilot, lambda: "0.9342" in screen_text(pilot))
        await burst(pilot, "e", "down", "down", "enter")
        await settle(pilot, (tmp_path / "koniq-losses.tex").exists)
    assert (tmp_path / "koniq-losses.tex").read_text() == render(build_table(runs_dir), "latex")
    assert not (tmp_path / "koniq-losses.csv").exists()


async def test_a_file_is_replaced_only_after_a_question_that_no_hurried_key_answers(
    ablation: list[FakeRun], open_app: OpenApp, tmp_path: Path, runs_dir: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mine = tmp_path / "koniq-losses.csv"
    mine.write_text("mine")
    async with open_app(room="results") as pilot:
        await settle(pilot, lambda: "0.9342" in screen_text(pilot))
        await burst(pilot, "e", "enter", "right", "enter", "enter")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        assert "koniq-losses.csv is there already." in flowing(screen_text(pilot))
        await pilot.press("enter")  # keep it
        await settle(pilot, lambda: isinstance(pilot.app.screen, ExportScreen))
        assert mine.read_text() == "mine"
        await pilot.press("enter")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("right", "enter")
        await settle(pilot, lambda: not isinstance(pilot.app.screen, ConfirmScreen | ExportScreen))
    assert mine.read_text() == render(build_table(runs_dir), "csv")


async def test_a_burst_of_enter_writes_and_asks_once(
    ablation: list[FakeRun], open_app: OpenApp, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "koniq-losses.csv").write_text("mine")
    asked, real = [], export.is_taken

    def slowly(path: Path) -> bool:
        asked.append(path)
        time.sleep(0.3)
        return real(path)

    monkeypatch.setattr(export, "is_taken", slowly)
    async with open_app(room="results") as pilot:
        await settle(pilot, lambda: "0.9342" in screen_text(pilot))
        await burst(pilot, "e", "enter", "enter", "enter")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("enter")  # keep it
        await settle(pilot, lambda: isinstance(pilot.app.screen, ExportScreen))
    assert len(asked) == 1


async def test_an_export_that_is_left_while_it_is_written_says_how_it_ended(
    ablation: list[FakeRun], open_app: OpenApp, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    go_on = threading.Event()

    def waiting(*_):
        assert go_on.wait(60)
        raise export.ExportError("the disk is full")

    monkeypatch.setattr(export, "write_table", waiting)
    async with open_app(room="results") as pilot:
        await settle(pilot, lambda: "0.9342" in screen_text(pilot))
        await pilot.press("e", "enter")
        await settle(pilot, lambda: "writing" in screen_text(pilot))
        await pilot.press("escape")
        await settle(pilot, lambda: not isinstance(pilot.app.screen, ExportScreen))
        go_on.set()
        await settle(pilot, lambda: len(pilot.app._notifications) == 1)
        assert [note.message for note in pilot.app._notifications] == ["the disk is full"]
