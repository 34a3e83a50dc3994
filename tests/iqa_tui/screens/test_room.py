"""What the screens share: their forms."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from textual.pilot import Pilot

from iqa_tui.app import IqaApp
from iqa_tui.messages import DevicesSurveyed
from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.state import RunState
from iqa_tui.panels.curves import Curves
from iqa_tui.screens import launch, monitor_devices, monitor_table, room
from iqa_tui.screens.room import form_classes
from iqa_tui.widgets.row_table import RowTable
from tests.fakes.app import screen_text, settle
from tests.fakes.eight_gpus import eight_gpus
from tests.fakes.run_folders import lifelike_ablation


@pytest.mark.parametrize(
    ("size", "classes"),
    [
        ((140, 40), ["-wide"]),
        ((110, 32), ["-wide"]),
        ((109, 31), ["-narrow", "-low"]),
        ((80, 19), ["-narrow", "-low", "-flat"]),
        ((60, 15), ["-narrow", "-low", "-flat"]),
        ((59, 40), ["-tiny", "-narrow"]),
        ((140, 14), ["-tiny", "-wide", "-low", "-flat"]),
    ],
)
def test_a_terminal_of_each_size_has_its_form(size: tuple[int, int], classes: list[str]) -> None:
    assert form_classes(size) == classes


SIZES = [
    (140, 40),
    (80, 24),
    (60, 15),
    (109, 31),
    (110, 32),
    (200, 60),
    (59, 14),
    (20, 5),
    (80, 19),
    (120, 24),
    (100, 50),
]


@pytest.fixture
def still(runs_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[RunState]]:
    """Runs in every state at a moment that does not pass: no thread looks at runs and devices again."""
    running = lifelike_ablation(runs_dir)
    held = [descriptor for fake in running for descriptor in fake.hold()]
    now = time.time()
    for part in (launch, monitor_devices, monitor_table, room):
        monkeypatch.setattr(part, "time", SimpleNamespace(time=lambda: now))
    monkeypatch.setattr(IqaApp, "_start_watching", lambda _app: None)
    yield Catalog(runs_dir).refresh()
    for descriptor in held:
        os.close(descriptor)


@asynccontextmanager
async def opened(runs_dir: Path, runs: list[RunState], size: tuple[int, int], room: str) -> AsyncIterator[Pilot[None]]:
    app = IqaApp(runs_dir, room=room)
    app._runs, app.latest_devices = tuple(runs), DevicesSurveyed(eight_gpus(), None, {}, {})
    async with app.run_test(size=size) as pilot:
        tables = app.screen.query(RowTable)
        await settle(pilot, lambda: all(table.row_keys for table in tables))
        plots = [curves for curves in app.screen.query(Curves) if curves.size.height]
        await settle(pilot, lambda: all(curves._drawer for curves in plots if curves.plots))
        await pilot.pause()
        yield pilot


@pytest.mark.parametrize("room", ["monitor", "launch", "results"])
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(sizes=st.lists(st.sampled_from(SIZES), min_size=2, max_size=4))
@example(sizes=[(80, 24), (140, 40)])
@example(sizes=[(80, 19), (200, 60), (80, 19)])
def test_after_any_sequence_of_sizes_the_screen_is_as_if_started_at_the_last(
    still: list[RunState], runs_dir: Path, room: str, sizes: list[tuple[int, int]]
) -> None:
    async def as_started() -> str:
        async with opened(runs_dir, still, sizes[-1], room) as pilot:
            return screen_text(pilot)

    async def compare(expected: str) -> None:
        async with opened(runs_dir, still, sizes[0], room) as pilot:
            for size in sizes[1:]:
                await pilot.resize_terminal(*size)
                await pilot.pause()
            await settle(pilot, lambda: screen_text(pilot) == expected)

    asyncio.run(compare(asyncio.run(as_started())))


async def test_a_screen_that_was_resized_behind_another_one_has_the_form_of_the_new_size(
    still: list[RunState], runs_dir: Path
) -> None:
    async with opened(runs_dir, still, (140, 40), "monitor") as pilot:
        expected = screen_text(pilot)
    async with opened(runs_dir, still, (80, 24), "monitor") as pilot:
        await pilot.press("question_mark")
        await pilot.resize_terminal(140, 40)
        await pilot.press("escape")
        await settle(pilot, lambda: screen_text(pilot) == expected)
        await pilot.resize_terminal(80, 24)
        await pilot.press("3")
        await pilot.resize_terminal(140, 40)
        await pilot.press("2")
        await settle(pilot, lambda: screen_text(pilot) == expected)
