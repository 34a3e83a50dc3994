"""The field for a filter, by keys and by the clipboard."""

from __future__ import annotations

import pytest
from textual import events

from iqa_tui.panels.run_list import RunList
from iqa_tui.screens import orders
from tests.fakes.app import OpenApp, burst, screen_text, settle
from tests.fakes.run_folders import FakeRun


@pytest.fixture
def ordered(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was ordered of runs; nothing is done."""
    given: list[object] = []
    monkeypatch.setattr(orders.OrdersRoom, "_order", lambda _screen, *order: given.append(order))
    return given


async def test_a_filter_typed_in_one_burst_filters_and_orders_nothing(
    ablation: list[FakeRun], open_app: OpenApp, ordered: list[object]
) -> None:
    async with open_app() as pilot:
        runs = pilot.app.screen.query_one(RunList)
        await settle(pilot, lambda: len(runs.row_keys) == 7)
        await burst(pilot, *"/pair", "enter", "x")
        await settle(pilot, lambda: str(runs.border_title) == "Runs · matching “pair”")
        await settle(pilot, lambda: pilot.app.focused is runs)
        assert len(runs.row_keys) == 2
        await settle(pilot, lambda: "over epochs" in screen_text(pilot))  # x is the table's again
        assert ordered == []


async def test_a_filter_is_pasted_and_any_other_text_is_nothing(
    ablation: list[FakeRun], open_app: OpenApp, ordered: list[object]
) -> None:
    async with open_app() as pilot:
        runs = pilot.app.screen.query_one(RunList)
        await settle(pilot, lambda: len(runs.row_keys) == 7)
        pilot.app.post_message(events.Paste("hp K"))
        await pilot.press("slash", "escape")  # done after it
        assert len(runs.row_keys) == 7
        pilot.app.post_message(events.Paste("/pair\nq\n"))
        await settle(pilot, lambda: len(runs.row_keys) == 2)
        assert str(runs.border_title) == "Runs · matching “pair”"
        assert ordered == []
