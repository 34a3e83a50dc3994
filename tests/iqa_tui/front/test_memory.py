"""What the app remembers of a folder of runs, from one app to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from iqa_tui.front import memory
from iqa_tui.settings.remembered import Remembered, view_file
from tests.fakes.app import OpenApp, screen_text, settle
from tests.fakes.run_folders import FakeRun

pytestmark = pytest.mark.screen


async def test_the_app_opens_as_it_was_left(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app() as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        await pilot.press("space", "l", "d")
        left = pilot.app.screen.view
        assert left.marked
        assert left.folded
    async with open_app() as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        assert pilot.app.screen.view == left
        assert not pilot.app.screen.query_one("GpuPanel").display
        await pilot.press("3")
        await settle(pilot, lambda: pilot.app.screen.id == "results")
    async with open_app() as pilot:
        assert pilot.app.screen.id == "results"


async def test_a_filter_is_for_now(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app() as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        await pilot.press("slash", "F", "3", "enter", "space")
        await settle(pilot, lambda: bool(pilot.app.screen.view.marked))
        assert pilot.app.screen.view.filter
    async with open_app() as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        assert pilot.app.screen.view.marked
        assert not pilot.app.screen.view.filter


async def test_it_is_written_while_the_app_is_open(
    ablation: list[FakeRun], runs_dir: Path, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "SAVE_SECONDS", 0.1)
    async with open_app() as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        await pilot.press("space")
        await settle(pilot, lambda: view_file(runs_dir).exists() and not pilot.app.remembered.has_changed)
        stamp = view_file(runs_dir).stat().st_mtime_ns
        await pilot.pause(0.5)
        assert view_file(runs_dir).stat().st_mtime_ns == stamp, "nothing changed"


async def test_a_read_only_app_writes_nothing_and_still_remembers(
    ablation: list[FakeRun], runs_dir: Path, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app() as pilot:
        await pilot.press("3")
        await settle(pilot, lambda: pilot.app.screen.id == "results")
    stamp = view_file(runs_dir).stat().st_mtime_ns
    monkeypatch.setenv("IQA_TUI_READ_ONLY", "1")
    async with open_app() as pilot:
        assert pilot.app.screen.id == "results"
        await pilot.press("2")
        await settle(pilot, lambda: pilot.app.screen.id == "monitor")
    assert view_file(runs_dir).stat().st_mtime_ns == stamp


ODD_VIEWS = [
    {"sort": "no such field", "columns": ["nothing", "id", "id"], "folds": [["x", True], ["koniq-losses", False]]},
    {"curves": {"smoothing": 99, "page": -7, "metrics": ["nothing", "loss", "loss"], "cross": 9.0}},
    {"curves": {"smoothing": -3, "page": 10**9, "window": [0.9, 0.1], "cross": -1.0}},
    {"curves": {"window": [5.0, 1e300]}, "marked": ["no such run"] * 300, "hidden": ["x"], "pinned": ["y", "y"]},
    {"curves": {"window": [0.5, 0.5], "metrics": ["val/srcc"] * 50}, "sort": "srcc", "is_rising": True},
]


@pytest.mark.parametrize("odd", ODD_VIEWS, ids=range(len(ODD_VIEWS)))
async def test_values_of_another_version_keep_no_app_from_opening(
    ablation: list[FakeRun], runs_dir: Path, open_app: OpenApp, odd: dict[str, Any]
) -> None:
    memory_of_before = Remembered(runs_dir)
    memory_of_before.remember("monitor", odd)
    memory_of_before.remember("theme", "no such theme")
    memory_of_before.remember("screen", "kitchen")
    memory_of_before.save()
    async with open_app() as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        for key in ("tab", "c", "right", "left_square_bracket", "plus", "pagedown", "0", "l", "x", "tab", "r", "space"):
            await pilot.press(key)
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        assert pilot.app.screen.id == "monitor"
        assert pilot.app.theme == "iqa-dark"
