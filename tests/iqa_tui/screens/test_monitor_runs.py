"""Runs that are pinned, hidden and archived on the monitor screen; and any sequence of keys in its table."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from iqa_tui.app import IqaApp
from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.state import RunState
from iqa_tui.panels.run_list import RunList
from iqa_tui.queue import noting
from iqa_tui.screens import orders
from iqa_tui.screens.monitor import MonitorScreen
from iqa_tui.screens.run_page import RunPage
from iqa_tui.settings.remembered import view_file
from tests.fakes.app import OpenApp, burst, screen_text, settle
from tests.fakes.run_folders import FakeRun


@pytest.fixture
def two(runs_dir: Path) -> tuple[str, str]:
    """Ids of F2 and F3, which have finished."""
    made = [FakeRun.queue(runs_dir, name, created=9.0).start().train(200).finish() for name in ("F2", "F3")]
    return made[0].run.run_id, made[1].run.run_id


async def test_a_pinned_run_stands_above_all_groups(two: tuple[str, str], open_app: OpenApp) -> None:
    first, second = two
    async with open_app() as pilot:
        runs = pilot.app.screen.query_one(RunList)
        await settle(pilot, lambda: runs.cursor_key == first)
        runs.move_to(second)
        await pilot.press("P")
        assert runs.row_keys == ("pinned/", second, "group/koniq-losses", "recorded/0", first)
        assert runs.cursor_key == second
        assert "▾ pinned · 1 run" in screen_text(pilot)
        await pilot.press("P")
        assert runs.row_keys == ("group/koniq-losses", "recorded/0", first, second)


async def test_a_hidden_run_is_shown_once_it_is_asked_for(two: tuple[str, str], open_app: OpenApp) -> None:
    first, second = two
    async with open_app() as pilot:
        runs = pilot.app.screen.query_one(RunList)
        await settle(pilot, lambda: runs.cursor_key == first)
        await pilot.press("H")
        assert runs.row_keys == ("group/koniq-losses", "recorded/0", second)
        assert str(runs.border_title) == "Runs · 1 hidden"
        await pilot.press("H")
        assert runs.row_keys == ()
        assert "All runs are hidden or archived" in screen_text(pilot)
        await burst(pilot, *"/hidden", "enter")
        await settle(pilot, lambda: len(runs.row_keys) == 3)
        runs.move_to(first)
        await pilot.press("H", "escape")
        assert runs.row_keys == ("group/koniq-losses", "recorded/0", first)


async def test_an_archived_run_leaves_table_and_headlines_and_comes_back(
    two: tuple[str, str], runs_dir: Path, open_app: OpenApp
) -> None:
    first, second = two
    async with open_app() as pilot:
        runs = pilot.app.screen.query_one(RunList)
        await settle(pilot, lambda: runs.cursor_key == first)
        await pilot.press("A")
        await settle(pilot, lambda: first not in runs.row_keys)
        assert str(runs.border_title) == "Runs · 1 archived"
        assert "1 finished" in screen_text(pilot).splitlines()[0]
        await burst(pilot, *"/archived", "enter")
        await settle(pilot, lambda: runs.row_keys == ("group/koniq-losses", first))
        runs.move_to(first)
        await pilot.press("A")
        await settle(pilot, lambda: runs.row_keys == ())
        await pilot.press("escape")
        await settle(pilot, lambda: {first, second} <= set(runs.row_keys))


KEYS = [
    "up",
    "down",
    "j",
    "k",
    "g",
    "G",
    "left",
    "right",
    "<",
    ">",
    "r",
    "space",
    "a",
    "P",
    "H",
]
KEYS += [
    "ctrl+d",
    "ctrl+u",
    "pageup",
    "pagedown",
    "home",
    "end",
    "escape",
    "/",
    "s",
    "!",
    "|",
    ":",
    "enter",
    "2",
    "h",
    "p",
]
SIZES = [(140, 40), (80, 24), (60, 15), (200, 50)]


class Still:
    """Runs that do not change; a short name of many."""

    def __init__(self, runs: list[RunState]) -> None:
        self.runs = runs


@pytest.fixture
def still(runs_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Still:
    """Many runs at a moment that does not pass; nothing is ordered of them."""
    for experiment in ("F2", "F3", "F4"):
        for seed in (1, 2, 3):
            FakeRun.queue(runs_dir, experiment, seed=seed, created=9.0).start().train(20 * seed).finish(
                0.9 + seed / 100
            )
    for seed in (1, 2):
        FakeRun.queue(runs_dir, "F5", seed=seed, created=5.0, group="損失関数 older")
    FakeRun.queue(runs_dir, "F2", created=5.0, group="損失関数 older", label="損失 の 関数").start().train(5).end()
    monkeypatch.setattr(IqaApp, "_start_watching", lambda _app: None)
    monkeypatch.setattr(orders.OrdersRoom, "_order", lambda *_: None)
    monkeypatch.setattr(noting, "archive_run", lambda _run: "")
    return Still(Catalog(runs_dir).refresh())


def has_read(app: IqaApp) -> bool:
    """A run's page, if one is open, has read its run: it begins a moment after it was opened, in a thread."""
    begun = not isinstance(app.screen, RunPage) or app.screen._seen is not None
    return begun and all(worker.is_finished for worker in app.workers)


async def after(runs_dir: Path, runs: list[RunState], keys: list[str], size: tuple[int, int], *, slowly: bool) -> str:
    """What stands in the table and beside it after these keys, for a user who comes for the first time."""
    view_file(runs_dir).unlink(missing_ok=True)
    app = IqaApp(runs_dir)
    app._runs = tuple(runs)
    async with app.run_test(size=size) as pilot:
        table = app.screen.query_one(RunList)
        await settle(pilot, lambda: bool(table.row_keys))
        if slowly:
            for key in keys:
                await pilot.press(key)
                await pilot.pause()
        else:
            await burst(pilot, *keys)
        await settle(pilot, lambda: not app._is_taking)
        await settle(pilot, lambda: has_read(app))
        for _ in range(50):  # what a thread found is drawn a moment later
            before = screen_text(pilot)
            await pilot.pause(0.1)
            if screen_text(pilot) == before and has_read(app):
                break
        screen = app.get_screen_stack("monitor")[0]
        assert isinstance(screen, MonitorScreen)
        if not table.row_keys:
            assert table.cursor_key is None
        elif table.size.height:  # 0 while another panel has the whole screen
            assert table.cursor_key in table.row_keys
            place = table.row_keys.index(table.cursor_key)
            assert table._first <= place < table._first + table._visible_rows
        return f"{table.cursor_key} {table.row_keys} {screen.view} {screen_text(pilot) if size[0] > 60 else ''}"


@settings(
    max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(keys=st.lists(st.sampled_from(KEYS), max_size=12), size=st.sampled_from(SIZES))
@example(keys=["G", "left", "left", "P", "H", "H", "down", "space"], size=(80, 24))
@example(keys=["/", "s", "|", "enter", "H", "escape", "G", "right"], size=(60, 15))
def test_any_sequence_of_keys_keeps_the_cursor_on_a_row_that_is_seen_and_bursts_do_what_slow_keys_do(
    still: Still, runs_dir: Path, keys: list[str], size: tuple[int, int]
) -> None:
    slow = asyncio.run(after(runs_dir, still.runs, keys, size, slowly=True))
    fast = asyncio.run(after(runs_dir, still.runs, keys, size, slowly=False))
    assert slow == fast
