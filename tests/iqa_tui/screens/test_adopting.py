"""A run from elsewhere, on the screen: it says so, and starts only after a question that shows its command."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.panels.run_list import RunList
from iqa_tui.queue import adopt
from iqa_tui.screens.confirm import ConfirmScreen
from iqa_tui.trust.signature import why_not_signed
from tests.fakes.run_folders import FakeRun
from tests.iqa_tui.screens.conftest import OpenApp, screen_text, settle


@pytest.mark.parametrize(
    ("keys", "is_adopted"), [(("right", "enter"), True), (("enter",), False), (("escape",), False)]
)
async def test_the_question_shows_what_it_would_run_and_only_a_yes_queues_it(
    runs_dir: Path, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch, keys: tuple[str, ...], is_adopted: bool
) -> None:
    monkeypatch.setattr(adopt, "ensure_dispatcher", lambda folder: None)
    run = FakeRun.queue(runs_dir, "F2", signed=False, created_by="ann@nodeb").run
    async with open_app() as pilot:
        await settle(pilot, lambda: "queued elsewhere" in screen_text(pilot))
        pilot.app.screen.query_one(RunList).move_to(run.run_id)
        await settle(pilot, lambda: "adopt" in screen_text(pilot).splitlines()[-1])
        await pilot.press("R")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        text = screen_text(pilot)
        for words in ("Queue F2 L2 (MSE) here, in your name?", "python -m training --loss_type l2", "ann@nodeb"):
            assert words in text
        assert why_not_signed(run)
        await pilot.press(*keys)
        if is_adopted:
            await settle(pilot, lambda: not why_not_signed(run))
        else:
            await settle(pilot, lambda: not isinstance(pilot.app.screen, ConfirmScreen))
            assert why_not_signed(run), "nothing was signed"
