"""Whatever the user did and however the window changed: the screen is what a fresh start at that size shows."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from iqa_tui.panels.log_tail import LogPanel
from iqa_tui.panels.run_list import RunList
from tests.fakes.app import OpenApp, burst, screen_text, settle
from tests.fakes.run_folders import FakeRun

SIZES = [(140, 40), (80, 24), (60, 15), (20, 5), (200, 60), (109, 31), (110, 32), (300, 80), (90, 19)]
KEYS = [
    *(
        "j",
        "k",
        "g",
        "G",
        "ctrl+d",
        "ctrl+u",
        "space",
        "a",
        "left",
        "right",
        "less_than_sign",
        "greater_than_sign",
        "r",
    ),
    *("b", "x", "l", "plus", "minus", "left_square_bracket", "right_square_bracket", "0", "d", "z", "tab", "shift+tab"),
    *("pagedown", "pageup", "1", "2", "3", "escape", "P", "n", "N", "E", "w", "home", "end"),
]
"""Those that look, and order nothing."""
STEPS = 30
BACK = ("escape", "escape", "escape", "2", "escape", "escape")


@pytest.fixture
def runs(runs_dir: Path) -> list[FakeRun]:
    fakes = []
    for seed in (1, 2, 3):
        for number, identity in enumerate(("F2", "F3", "F4")):
            fake = FakeRun.queue(runs_dir, identity, seed=seed).start(at=1e9 + seed).train(300)
            fake.print("".join(f"line {line}\n" for line in range(40)))
            fakes.append(fake.finish(srcc=0.93 + 0.001 * number + 0.0002 * seed))
    return fakes


def shown(pilot: Pilot[None]) -> str:
    """Without what changes by itself: the devices' history, ages."""
    return re.sub(r"\d+ [dh] ago", "", re.sub("[▁▂▃▄▅▆▇█]", " ", screen_text(pilot)))


async def rest(pilot: Pilot[None], size: tuple[int, int]) -> None:
    """Leave dialogs and pages, and put cursor and focus where a fresh start has them."""
    await pilot.resize_terminal(*size)
    await pilot.press(*BACK)
    table = pilot.app.screen.query_one(RunList)
    await settle(pilot, lambda: bool(table.row_keys))
    table.focus()
    await pilot.press("tab")  # curves and log take turns in a narrow window: the curves' turn
    pilot.app.screen.query_one(LogPanel).focus()
    await pilot.press("end")
    table.focus()
    await pilot.press("g")
    pilot.app.screen.look_at_curves(replace(pilot.app.screen.view.curves, page=0))
    pilot.app.clear_notifications()
    before = ""
    while before != (before := shown(pilot)):
        await pilot.pause(0.6)


@pytest.mark.parametrize("number", range(12))
async def test_any_sequence_of_sizes_and_keys_ends_in_the_screen_of_a_fresh_start(
    runs: list[FakeRun], open_app: OpenApp, number: int
) -> None:
    draw = random.Random(number)
    size = draw.choice(SIZES[:3])
    async with open_app(draw.choice(SIZES)) as pilot:
        for _ in range(STEPS):
            if draw.random() < 0.3:
                await pilot.resize_terminal(*draw.choice(SIZES))
            elif draw.random() < 0.5:
                await burst(pilot, *draw.choices(KEYS, k=draw.randint(1, 6)))
            else:
                await pilot.press(draw.choice(KEYS))
        await rest(pilot, size)
        after = shown(pilot)
    async with open_app(size) as pilot:
        await rest(pilot, size)
        assert shown(pilot).splitlines() == after.splitlines()
