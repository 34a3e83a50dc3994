from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from iqa_tui.devices.device import Device, DeviceState
from iqa_tui.devices.survey import Survey
from iqa_tui.errors import PlanError
from iqa_tui.panels.command_view import CommandView
from iqa_tui.panels.device_list import DeviceList
from iqa_tui.panels.experiment_list import ExperimentList
from iqa_tui.panels.plan_list import PlanList
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.queue.before_launch import notes_before_launch
from iqa_tui.screens import launching
from iqa_tui.screens.confirm import ConfirmScreen
from tests.fakes.lab import wait_until
from tests.fakes.run_folders import FakeRun
from tests.iqa_tui.screens.conftest import FakeSurveyor, OpenApp, gpu_state, screen_text, settle

PLAN = """
name = "small"
title = "A small plan"
baseline = "A"
[base]
dataset = "koniq-10k"
lr = 5e-6
[[experiment]]
id = "A"
label = "L1 (MAE)"
flags = { loss_type = "l1" }
expected_hours = 1.5
selected = false
[[experiment]]
id = "B"
label = "L2 (MSE)"
flags = { loss_type = "l2" }
expected_hours = 2.0
expected_srcc = [0.93, 0.935]
notes = "a note"
[[experiment]]
id = "C"
label = "SRCC"
flags = { loss_type = "srcc" }
expected_hours = 2.0
"""


@pytest.fixture
def plan_file(tmp_path: Path) -> str:
    path = tmp_path / "small.toml"
    path.write_text(PLAN)
    return str(path)


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[LaunchRequest]:
    """What would have been queued; nothing is started."""
    requests: list[LaunchRequest] = []
    monkeypatch.setattr(launching, "check", lambda _request: None)
    monkeypatch.setattr(launching, "enqueue", requests.append)
    return requests


async def launch(pilot: Pilot[None]) -> None:
    """Press enter, and again when it is asked whether that is meant."""
    await pilot.press("enter")
    await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
    await pilot.press("enter")


async def test_the_hours_of_a_launch_are_those_that_its_runs_may_take(tmp_path: Path, open_app: OpenApp) -> None:
    limited = tmp_path / "limited.toml"
    limited.write_text(PLAN.replace('baseline = "A"', 'baseline = "A"\ntime_limit_hours = 1.1'))
    async with open_app(room="launch", plans=(str(limited),)) as pilot:
        await settle(pilot, lambda: "65 min, 2 devices" in screen_text(pilot))
        assert "2.2 h, 1 device" in screen_text(pilot)


async def test_the_plan_its_ticks_hours_and_command_are_shown(plan_file: str, open_app: OpenApp) -> None:
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "A small plan · 2 ticked" in screen_text(pilot))
        text = screen_text(pilot)
        assert "[ ] A" in text
        assert "[x] B" in text
        assert "0.930–0.935" in text
        assert "a note" in text
        assert "2.0 h, 2 devices" in text
        assert "4.0 h, 1 device" in text
        assert "koniq-losses" in text
        assert "held by ann" in text
        command = pilot.app.screen.query_one(CommandView).command
        assert command == "python -m training --dataset koniq-10k --lr 5e-6 --loss_type l1 --train_test_num 1 --seed 42"


async def test_in_the_smallest_form_there_is_something_to_tick(plan_file: str, open_app: OpenApp) -> None:
    async with open_app((60, 15), room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: all(words in screen_text(pilot) for words in ("[x] B", "[x] C", "[x] GPU 0")))
        await pilot.resize_terminal(80, 24)
        await settle(pilot, lambda: "python -m training" in screen_text(pilot))


async def test_settings_and_seeds_stand_in_the_command(plan_file: str, open_app: OpenApp) -> None:
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "A small plan" in screen_text(pilot))
        await pilot.press("o", *"epochs=1", "enter", "j")
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


async def test_enter_asks_with_a_summary_then_queues_and_shows_the_monitor(
    plan_file: str, open_app: OpenApp, launched: list[LaunchRequest], runs_dir: Path
) -> None:
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "A small plan" in screen_text(pilot))
        await pilot.press("j", "j", "space", "s", "enter")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        text = screen_text(pilot)
        assert "Launch small?" in text
        assert "1 run: B" in text
        assert "sequential, about 2.0 h on 1 device" in text
        assert launched == []
        await pilot.press("enter")
        await settle(pilot, lambda: pilot.app.screen.id == "monitor")
    (request,) = launched
    assert (request.plan.name, request.experiments, request.strategy) == ("small", ("B",), "sequential")
    assert (request.seeds, request.devices, request.runs_dir) == (None, None, runs_dir)


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


async def test_who_leaves_in_the_middle_of_a_launch_is_asked_and_told_later_how_it_ended(
    plan_file: str,
    open_app: OpenApp,
    launched: list[LaunchRequest],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = threading.Event()

    def check(_request: LaunchRequest) -> None:
        left.wait(30)
        raise PlanError("--lr -1 must be above 0.")

    monkeypatch.setattr(launching, "check", check)
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "A small plan" in screen_text(pilot))
        await launch(pilot)
        await settle(pilot, lambda: "checking the flags" in screen_text(pilot))
        await pilot.press("q")
        await settle(pilot, lambda: "A launch is being checked: leave?" in screen_text(pilot))
        await pilot.press("enter")  # the safe answer
        assert not pilot.app._exit
        await pilot.press("q", "right", "enter")
        await settle(pilot, lambda: pilot.app._exit)
    left.set()
    (words,) = await asyncio.to_thread(wait_until, lambda: pilot.app.session.parting_words, "the end of the launch")
    assert words.startswith("Nothing was launched: --lr -1 must be above 0.")


async def test_not_yet_launches_nothing(plan_file: str, open_app: OpenApp, launched: list[LaunchRequest]) -> None:
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "A small plan" in screen_text(pilot))
        await pilot.press("enter")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("escape")
        await settle(pilot, lambda: pilot.app.screen.id == "launch")
        assert launched == []


async def test_what_the_check_refuses_is_said_in_words(
    plan_file: str, open_app: OpenApp, launched: list[LaunchRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = threading.Event()

    def refuse(_request: LaunchRequest) -> None:
        checked.set()
        raise PlanError("small.toml: experiment B: --lr -1 must be above 0.")

    monkeypatch.setattr(launching, "check", refuse)
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "A small plan" in screen_text(pilot))
        await launch(pilot)
        await settle(pilot, lambda: "--lr -1 must be above 0." in screen_text(pilot))
        assert "small.toml` tells what else is in the way" in " ".join(screen_text(pilot).replace("│", " ").split())
        assert checked.is_set()
        assert launched == []


async def test_settings_that_cannot_be_read_are_said_before_anything_is_asked(
    plan_file: str, open_app: OpenApp, launched: list[LaunchRequest]
) -> None:
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "A small plan" in screen_text(pilot))
        pilot.app.screen.query_one("#overrides", Input).value = "epochs"
        await pilot.press("enter")
        await settle(pilot, lambda: "is no FLAG=VALUE" in screen_text(pilot))


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
        assert "3 ticked" in str(experiments.border_title)
        await pilot.press("a")
        assert "0 ticked" in str(experiments.border_title)
        await pilot.press("enter")
        await settle(pilot, lambda: "Nothing is ticked" in screen_text(pilot))


async def test_other_code_and_other_settings_in_the_group_are_said_before_a_launch(
    plan_file: str, open_app: OpenApp, launched: list[LaunchRequest], runs_dir: Path
) -> None:
    earlier = {"name": "small", "base": {"epochs": 9}, "experiment": [{"id": "F2"}]}
    FakeRun.queue(runs_dir, "F2", group="small", plan=earlier, source_digest="older-code")
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "A small plan" in screen_text(pilot))
        await pilot.press("enter")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        text = screen_text(pilot)
    assert "small has runs of other trainer code: F2 by older-code" in text
    assert "launch every row again" in text
    assert "small has runs of other settings than this plan's: F2 with" in text


async def test_the_question_says_the_notes_of_the_command_line(
    plan_file: str, open_app: OpenApp, launched: list[LaunchRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    open_code = "/lab may be written by the group lab"
    monkeypatch.setattr("iqa_tui.queue.before_launch.code_open_to_others", lambda *_: [open_code])
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "A small plan" in screen_text(pilot))
        await pilot.press("enter")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        assert f"note: {open_code}: what these runs execute is as safe as that" in screen_text(pilot)
        await pilot.press("enter")
        await settle(pilot, lambda: bool(launched))
    assert notes_before_launch(launched[0]) == [f"note: {open_code}: what these runs execute is as safe as that"]


async def test_notes_that_cannot_be_read_keep_no_launch_from_being_asked_for(
    plan_file: str, open_app: OpenApp, launched: list[LaunchRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(116, "Stale file handle")

    monkeypatch.setattr(launching, "notes_before_launch", refuse)
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "A small plan" in screen_text(pilot))
        await pilot.press("enter")
        await settle(pilot, lambda: "the trainer's code cannot be looked at" in screen_text(pilot))
        assert "Stale file handle" in screen_text(pilot)
        await pilot.press("enter")
        await settle(pilot, lambda: len(launched) == 1)


async def test_while_notes_are_read_the_app_goes_on_and_no_question_follows_the_user_elsewhere(
    plan_file: str, open_app: OpenApp, launched: list[LaunchRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[LaunchRequest] = []
    answered = threading.Event()

    def slow(request: LaunchRequest, _known: object) -> list[str]:
        calls.append(request)
        answered.wait(30)
        return ["a note"]

    monkeypatch.setattr(launching, "notes_before_launch", slow)
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        screen = pilot.app.screen
        await settle(pilot, lambda: "A small plan" in screen_text(pilot))
        await pilot.press("enter", "enter")
        await settle(pilot, lambda: "reading what its group has" in screen_text(pilot))
        await pilot.press("2")
        await settle(pilot, lambda: pilot.app.screen.id == "monitor")
        answered.set()
        await settle(pilot, lambda: not screen._is_reading_notes)
        assert pilot.app.screen.id == "monitor"
        await pilot.press("1")
        await settle(pilot, lambda: "A small plan" in screen_text(pilot))
        assert "reading what its group has" not in screen_text(pilot)
        assert len(calls) == 1
        await pilot.press("enter")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        assert "a note" in screen_text(pilot)
    assert (len(calls), launched) == (2, [])
