"""One launch, from the key to the queue."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from iqa_tui.doctor.finding import blocked
from iqa_tui.doctor.launch_findings import Failing
from iqa_tui.errors import PlanError
from iqa_tui.plans.plan import load_plan
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.queue.before_launch import notes_before_launch
from iqa_tui.screens import launching
from iqa_tui.screens.confirm import ConfirmScreen
from iqa_tui.screens.room import Room
from tests.fakes.app import OpenApp, flowing, screen_text, settle
from tests.fakes.lab import wait_until
from tests.fakes.run_folders import FakeRun


async def launch(pilot: Pilot[None]) -> None:
    """Press enter, and again when it is asked whether that is meant."""
    await pilot.press("enter")
    await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
    await pilot.press("enter")


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


async def test_a_user_who_leaves_in_the_middle_of_a_launch_is_asked_and_told_later_what_became_of_it(
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
        assert "small.toml` says what else keeps the plan from running" in " ".join(
            screen_text(pilot).replace("│", " ").split()
        )
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


@pytest.mark.parametrize("runs_are_read", [True, False])
async def test_other_code_and_other_settings_in_the_group_are_said_before_a_launch(
    plan_file: str, open_app: OpenApp, launched: list[LaunchRequest], runs_dir: Path, runs_are_read: bool
) -> None:
    """What the command prints, also in an app that has not read the runs yet."""
    earlier = {"name": "small", "base": {"epochs": 9}, "experiment": [{"id": "F2"}]}
    FakeRun.queue(runs_dir, "F2", group="small", plan=earlier, source_digest="older-code")
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "A small plan" in screen_text(pilot) and bool(pilot.app.screen.runs))
        if not runs_are_read:
            pilot.app.screen.set_reactive(Room.runs, ())
        await pilot.press("enter")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        text = screen_text(pilot)
    command = notes_before_launch(LaunchRequest(load_plan(plan_file), runs_dir=runs_dir))
    assert len(command) == 4
    assert all(line in flowing(text) for line in command)
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


def failing_data(experiments: tuple[str, ...]) -> list[Failing]:
    return [Failing(experiments, blocked("data", "koniq-10k: there is no /data", "Name its folder"))]


async def test_enter_twice_in_a_hurry_launches_nothing_that_cannot_run(
    plan_file: str, open_app: OpenApp, launched: list[LaunchRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launching, "failing_runs", lambda *_: failing_data(("B", "C")))
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "A small plan" in screen_text(pilot))
        await launch(pilot)
        await settle(pilot, lambda: pilot.app.screen.id == "launch")
        assert launched == []
        await pilot.press("enter")
        await settle(pilot, lambda: "fail at once: B, C: koniq-10k: there is no /data" in screen_text(pilot))
        assert "others" not in screen_text(pilot)


async def test_the_runs_that_can_run_are_launched_without_the_others(
    plan_file: str, open_app: OpenApp, launched: list[LaunchRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launching, "failing_runs", lambda *_: failing_data(("C",)))
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "A small plan" in screen_text(pilot))
        await pilot.press("enter")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        assert "start now: B on GPU 0" in screen_text(pilot)
        await pilot.press("right", "enter")
        await settle(pilot, lambda: bool(launched))
    assert launched[0].experiments == ("B",)


async def test_what_the_doctor_checks_is_shown_while_he_checks(
    plan_file: str, open_app: OpenApp, launched: list[LaunchRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = threading.Event()

    def slow(_request: LaunchRequest, _complete: object, tell: Callable[[str], object]) -> list[Failing]:
        tell("checking the weights …")
        checked.wait(30)
        return []

    monkeypatch.setattr(launching, "failing_runs", slow)
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "A small plan" in screen_text(pilot))
        await pilot.press("enter")
        await settle(pilot, lambda: "checking the weights … esc cancels" in screen_text(pilot))
        await pilot.resize_terminal(60, 15)
        await settle(pilot, lambda: "checking the weights" in screen_text(pilot))
        checked.set()
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))


async def test_escape_cancels_the_checks_and_no_question_follows(
    plan_file: str, open_app: OpenApp, launched: list[LaunchRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    checked, returned = threading.Event(), threading.Event()

    def slow(_request: LaunchRequest, _complete: object, tell: Callable[[str], object]) -> list[Failing]:
        tell("checking the weights …")
        checked.wait(30)
        returned.set()
        return []

    monkeypatch.setattr(launching, "failing_runs", slow)
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "A small plan" in screen_text(pilot))
        await pilot.press("enter")
        await settle(pilot, lambda: "checking the weights" in screen_text(pilot))
        await pilot.press("escape")
        await settle(pilot, lambda: "checking the weights" not in screen_text(pilot))
        checked.set()
        await settle(pilot, lambda: returned.is_set() and not pilot.app.screen.workers)
        assert pilot.app.screen.id == "launch"
        monkeypatch.setattr(launching, "failing_runs", lambda *_: [])
        await pilot.press("enter")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))


async def test_a_doctor_who_fails_keeps_no_launch_from_being_asked_for(
    plan_file: str, open_app: OpenApp, launched: list[LaunchRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> list[Failing]:
        raise OSError(116, "Stale file handle")

    monkeypatch.setattr(launching, "failing_runs", refuse)
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "A small plan" in screen_text(pilot))
        await pilot.press("enter")
        await settle(pilot, lambda: "could not be checked" in screen_text(pilot))
