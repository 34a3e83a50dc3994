"""The monitor in a terminal of sixteen colours."""

from __future__ import annotations

import pytest
from rich.color import ColorSystem
from textual.color import Color

from iqa_tui.panels.log_tail import LogPanel
from iqa_tui.panels.run_list import RunList
from tests.fakes.app import OpenApp, settle


@pytest.mark.usefixtures("ablation")
async def test_in_sixteen_colours_no_text_stands_on_a_colour_that_may_be_its_own(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app() as pilot:
        table, log = pilot.app.screen.query_one(RunList), pilot.app.screen.query_one(LogPanel)
        await settle(pilot, lambda: table.has_focus)
        assert table._named_style("cursor").color is None
        assert log._named_style("hit").bgcolor is not None
        with monkeypatch.context() as patch:
            patch.setattr(type(pilot.app), "is_headless", False)
            patch.setattr(pilot.app.console, "_color_system", ColorSystem.STANDARD)
            cursor, hit = table._named_style("cursor"), log._named_style("hit")
        assert cursor.bgcolor == Color.parse(pilot.app.current_theme.primary).rich_color
        assert cursor.color is not None
        assert hit.bgcolor is None
