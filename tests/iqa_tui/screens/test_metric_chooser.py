"""The dialog that asks which metrics are drawn."""

from __future__ import annotations

from textual.app import App
from textual.pilot import Pilot

from iqa_tui.panels.curves import Curves
from iqa_tui.panels.run_list import RunList
from iqa_tui.screens.metric_chooser import MetricChooser
from tests.fakes.app import OpenApp, screen_text, settle
from tests.fakes.run_folders import FakeRun

KNOWN = ("val/srcc", "loss", "lr", "my_own")


async def answer(*keys: str, chosen: tuple[str, ...] = ("val/srcc", "loss", "lr")) -> tuple[str, ...] | None:
    told: list[tuple[str, ...] | None] = []

    class Asking(App[None]):
        def on_mount(self) -> None:
            self.push_screen(MetricChooser(KNOWN, chosen), told.append)

    async with Asking().run_test() as pilot:
        await pilot.press(*keys)
        await pilot.pause()
    (answered,) = told
    return answered


async def test_a_metric_is_shown_or_not() -> None:
    assert await answer("j", "space", "enter") == ("val/srcc", "lr")
    assert await answer("j", "j", "j", "space", "enter") == (*KNOWN,)


async def test_the_metric_under_the_cursor_moves_up_and_down() -> None:
    assert await answer("j", "K", "enter") == ("loss", "val/srcc", "lr")
    assert await answer("J", "J", "enter") == ("loss", "lr", "val/srcc")
    assert await answer("K", "J", "K", "enter") == ()


async def test_the_usual_metrics_are_no_choice() -> None:
    assert await answer("enter") == ()
    assert await answer("d", "enter", chosen=("my_own",)) == ()


async def test_escape_leaves_all_as_it_was() -> None:
    assert await answer("space", "escape") is None


async def test_a_chosen_metric_that_no_run_has_is_kept_and_said_to_be_none() -> None:
    assert await answer("enter", chosen=("gone", "loss")) == ("gone", "loss")


async def loss_shown(pilot: Pilot[None]) -> Curves:
    curves = pilot.app.screen.query_one(Curves)
    await settle(pilot, lambda: any(plot.key == "loss" for plot in curves.plots))
    return curves


async def test_m_asks_and_the_answer_is_drawn(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app() as pilot:
        runs = pilot.app.screen.query_one(RunList)
        await settle(pilot, lambda: ablation[0].run.run_id in runs.row_keys)
        runs.move_to(ablation[0].run.run_id)
        curves = await loss_shown(pilot)
        before = [plot.key for plot in curves.plots]
        await pilot.press("m")
        await settle(pilot, lambda: "validation SRCC" in screen_text(pilot) and "my_own" not in screen_text(pilot))
        await pilot.press("space", "enter")
        await settle(pilot, lambda: [plot.key for plot in curves.plots] == before[1:])


async def test_the_palette_offers_other_signs(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app() as pilot:
        runs = pilot.app.screen.query_one(RunList)
        await settle(pilot, lambda: ablation[0].run.run_id in runs.row_keys)
        runs.move_to(ablation[0].run.run_id)
        await loss_shown(pilot)
        (command,) = [each for each in pilot.app.get_system_commands(pilot.app.screen) if "half blocks" in each.title]
        command.callback()
        await settle(pilot, lambda: "▀" in screen_text(pilot).split("Curves")[1])
