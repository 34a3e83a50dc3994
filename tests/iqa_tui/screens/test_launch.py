"""The launch screen, from its ticks to the queue."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input

from iqa_tui.devices.device import Device, DeviceState
from iqa_tui.devices.survey import Survey
from iqa_tui.panels.command_view import CommandView
from iqa_tui.panels.device_list import DeviceList
from iqa_tui.panels.experiment_list import ExperimentList
from iqa_tui.panels.plan_list import PlanList
from iqa_tui.plans.plan import load_plan
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.queue.last_plans import remember_plan
from iqa_tui.screens.confirm import ConfirmScreen
from iqa_tui.screens.launch import PlansLoaded
from tests.fakes.app import FakeSurveyor, OpenApp, burst, flowing, gpu_state, screen_text, settle
from tests.fakes.eight_gpus import WITHDRAWN
from tests.fakes.run_folders import FakeRun
from tests.iqa_tui.screens.conftest import PLAN


async def test_the_hours_of_a_launch_are_those_that_its_runs_may_take(tmp_path: Path, open_app: OpenApp) -> None:
    limited = tmp_path / "limited.toml"
    limited.write_text(PLAN.replace('baseline = "A"', 'baseline = "A"\ntime_limit_hours = 1.1'))
    async with open_app(room="launch", plans=(str(limited),)) as pilot:
        await settle(pilot, lambda: "2.2 h, 1 device free now" in screen_text(pilot))


async def test_the_plan_its_ticks_hours_and_command_are_shown(plan_file: str, open_app: OpenApp) -> None:
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "2 of 3 ticked · A small plan" in screen_text(pilot))
        text = screen_text(pilot)
        assert "[ ] A" in text
        assert "[x] B" in text
        assert "0.930–0.935" in text
        assert "a note" in text
        assert "4.0 h, 1 device free now" in text
        assert "koniq-losses" in text
        assert "held by ann" in text
        command = pilot.app.screen.query_one(CommandView).command
        assert command == "python -m training --dataset koniq-10k --lr 5e-6 --loss_type l1 --train_test_num 1 --seed 42"


async def test_a_plan_that_was_launched_from_the_shell_is_listed_and_chosen(
    plan_file: str, runs_dir: Path, open_app: OpenApp
) -> None:
    plan = load_plan(plan_file)
    FakeRun.queue(runs_dir, "F2", group="small", plan=plan.content)
    remember_plan(runs_dir, plan)
    async with open_app() as pilot:
        await settle(pilot, lambda: "F2" in screen_text(pilot))
        await pilot.press("1")
        await settle(pilot, lambda: "A small plan" in screen_text(pilot))
        plans = pilot.app.screen.query_one(PlanList)
        assert plans.row_keys[0] == plan_file
        assert plans.cursor_key == plan_file
        assert "koniq-losses" in plans.row_keys
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "A small plan" in screen_text(pilot))
        assert pilot.app.screen.query_one(PlanList).row_keys.count(plan_file) == 1


async def test_in_the_smallest_form_tab_shows_one_part_after_the_other_whole(plan_file: str, open_app: OpenApp) -> None:
    parts = [
        ("[ ] A", "[x] B", "[x] C", "python -m training"),
        ("[x] GPU 0", "held by ann"),
        ("(•) all at once", "( ) by priority", "Forecast"),
        *[("epochs=1", "seeds", "splits", "Launch ")] * 4,
        ("A small plan", "koniq-losses"),
    ]
    async with open_app((60, 15), room="launch", plans=(plan_file,)) as pilot:
        for number, part in enumerate(parts):
            await settle(pilot, lambda part=part: all(words in screen_text(pilot) for words in part))
            others = {words for other in parts for words in other} - {*part, "Launch ", "A small plan", "held by ann"}
            assert not [words for words in others if words in screen_text(pilot)], number
            await pilot.press("tab")
        await settle(pilot, lambda: "[x] B" in screen_text(pilot))
        await pilot.resize_terminal(80, 24)
        await settle(pilot, lambda: "python -m training" in screen_text(pilot))


async def test_settings_and_seeds_stand_in_the_command(plan_file: str, open_app: OpenApp) -> None:
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "A small plan" in screen_text(pilot))
        await pilot.press("f", *"epochs=1", "enter", "j")
        pilot.app.screen.query_one("#seeds", Input).value = "7, 8"
        await pilot.pause()
        command = pilot.app.screen.query_one(CommandView).command
        assert (
            command
            == "python -m training --dataset koniq-10k --lr 5e-6 --loss_type l2 --epochs 1 --train_test_num 1 --seed 7"
        )
        await pilot.press("y")
        assert pilot.app.clipboard == command
        assert "8.0 h, 1 device" in screen_text(pilot)


async def test_settings_typed_in_one_burst_stand_in_their_fields(plan_file: str, open_app: OpenApp) -> None:
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "A small plan" in screen_text(pilot))
        await burst(pilot, "f", *"epochs=1", "tab", *"4,5", "enter", "j")
        await settle(pilot, lambda: "--epochs 1 --train_test_num 1 --seed 4" in flowing(screen_text(pilot)))
        await settle(pilot, lambda: pilot.app.screen.query_one(ExperimentList).cursor_key == "B")
        fields = [pilot.app.screen.query_one(field, Input).value for field in ("#overrides", "#seeds")]
        assert fields == ["epochs=1", "4,5"]


async def test_devices_that_are_not_ticked_are_not_used(
    plan_file: str, open_app: OpenApp, launched: list[LaunchRequest]
) -> None:
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "A small plan" in screen_text(pilot))
        pilot.app.screen.query_one(DeviceList).focus()
        await pilot.press("j", "space", "enter")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("enter")
        await settle(pilot, lambda: bool(launched))
    assert launched[0].devices == ("0",)


async def test_what_runs_cannot_have_is_not_chosen_with_the_rest(
    plan_file: str, open_app: OpenApp, launched: list[LaunchRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = replace(gpu_state(2, free=False), allowed=False, reason="left out by CUDA_VISIBLE_DEVICES=0,1")
    slot = DeviceState(Device("cpu-0", "cpu", 0, "CPU, 8 threads"), False, "runs F1 of ann")
    states = (gpu_state(0, free=True), gpu_state(1, free=True), hidden, slot)
    monkeypatch.setattr(FakeSurveyor, "survey", lambda _self: Survey(states, "", time.time(), "gpu"))
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        devices = pilot.app.screen.query_one(DeviceList)
        await settle(pilot, lambda: "A small plan" in screen_text(pilot) and len(devices.row_keys) == 4)
        assert screen_text(pilot).count("[x] GPU") == 2
        devices.focus()
        await pilot.press("space", "enter")  # GPU 0 no longer
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("enter")
        await settle(pilot, lambda: bool(launched))
        assert launched[0].devices == ("1",)
        await pilot.press("1", "j", "space", "enter")  # nor GPU 1
        await settle(pilot, lambda: "No device is ticked" in screen_text(pilot))
    assert len(launched) == 1


async def test_a_plan_that_cannot_be_read_says_why_beside_those_that_can(tmp_path: Path, open_app: OpenApp) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("name = ")
    async with open_app(room="launch", plans=(str(broken),)) as pilot:
        await settle(pilot, lambda: "is no TOML" in screen_text(pilot))
        assert "cannot be read" in screen_text(pilot)
        plans = pilot.app.screen.query_one(PlanList)
        assert "koniq-losses" in plans.row_keys
        await pilot.press("enter")
        assert not isinstance(pilot.app.screen, ConfirmScreen)


async def test_all_and_none_are_ticked_by_one_key(plan_file: str, open_app: OpenApp) -> None:
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        experiments = pilot.app.screen.query_one(ExperimentList)
        await settle(pilot, lambda: len(experiments.row_keys) == 3)
        await pilot.press("a")
        assert "3 of 3 ticked" in str(experiments.border_title)
        await pilot.press("a")
        assert "0 of 3 ticked" in str(experiments.border_title)
        await pilot.press("enter")
        await settle(pilot, lambda: "Nothing is ticked" in screen_text(pilot))


async def test_a_device_says_all_about_itself_on_the_launch_screen(open_on_eight: OpenApp) -> None:
    async with open_on_eight((80, 24), room="launch") as pilot:
        devices = pilot.app.screen.query_one(DeviceList)
        await settle(pilot, lambda: len(devices.row_keys) == 8 and "demo" in screen_text(pilot))
        devices.focus()
        await pilot.press("end", "k", "k")
        await settle(pilot, lambda: WITHDRAWN in flowing(screen_text(pilot)))
        assert "all at once" in screen_text(pilot)
        assert "8 devices" not in screen_text(pilot)  # one gets no runs
        await pilot.press("tab")
        await settle(pilot, lambda: "Command" in screen_text(pilot))


async def test_what_differs_from_the_last_launch_of_the_plan_is_shown(
    plan_file: str, runs_dir: Path, open_app: OpenApp
) -> None:
    FakeRun.queue(runs_dir, "F2", experiment="B", group="small", plan=load_plan(plan_file).content)
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "C was not in it" in screen_text(pilot))
        await pilot.press("j", "j", "space", "f", *"lr=1e-5", "enter")
        await settle(pilot, lambda: "lr 5e-6 → 1e-5" in screen_text(pilot))
        assert "C was not in it" not in screen_text(pilot)
        await pilot.press("enter")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        assert "Since the last launch" in screen_text(pilot)


@pytest.mark.parametrize("height", [32, 34, 40])
async def test_in_every_terminal_that_is_not_low_three_devices_are_in_sight(
    open_on_eight: OpenApp, height: int
) -> None:
    async with open_on_eight((110, height), room="launch") as pilot:
        await settle(pilot, lambda: "GPU 0" in screen_text(pilot))
        devices = pilot.app.screen.query_one(DeviceList)
        await settle(pilot, lambda: devices.size.height >= 3)


@pytest.mark.parametrize(("moved", "chosen"), [(False, "koniq-losses"), (True, "model-sizes")])
async def test_a_plan_that_was_guessed_before_runs_were_read_gives_way_unless_the_user_moved(
    ablation: list[FakeRun], open_app: OpenApp, monkeypatch: pytest.MonkeyPatch, moved: bool, chosen: str
) -> None:
    async with open_app(room="launch") as pilot:
        screen, plans = pilot.app.screen, pilot.app.screen.query_one(PlanList)
        await settle(pilot, lambda: plans.cursor_key == "koniq-losses" and screen.reading != screen.NOTHING_READ)
        read = screen.runs
        screen.set_reactive(type(screen).runs, ())
        screen.set_reactive(type(screen).reading, screen.NOTHING_READ)
        screen.on_plans_loaded(PlansLoaded(screen._choice.plans, {}))
        await settle(pilot, lambda: plans.cursor_key == "demo")
        if moved:
            plans.move_to("model-sizes")
            await pilot.pause()
        screen.reading = ""
        screen.runs = read
        await settle(pilot, lambda: plans.cursor_key == chosen)
