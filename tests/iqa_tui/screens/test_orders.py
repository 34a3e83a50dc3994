"""Orders on a run by keys: each asks first if it cannot be undone, and says what became of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.fold import fold
from iqa_tui.monitor.state import RunState
from iqa_tui.panels.run_list import RunList
from iqa_tui.queue import adopt
from iqa_tui.queue.beginning import beginning_words
from iqa_tui.screens.confirm import ConfirmScreen
from iqa_tui.screens.orders import retry_lines, stop_lines
from iqa_tui.trust.signature import why_not_signed
from tests.fakes.app import OpenApp, burst, screen_text, settle
from tests.fakes.run_folders import FakeRun
from tests.fakes.runs import files_in
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.schema import Event, Place
from training.runfolder.spec import Spec
from training.runfolder.write import write_record


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
        await burst(pilot, "R", "R")  # asks once all the same
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


async def test_stopping_asks_names_the_run_and_the_safe_answer_is_the_default(
    ablation: list[FakeRun], open_app: OpenApp
) -> None:
    async with open_app() as pilot:
        runs = pilot.app.screen.query_one(RunList)
        await settle(pilot, lambda: len(runs.row_keys) == 7)
        runs.move_to(ablation[0].run.run_id)
        await pilot.press("K")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        text = screen_text(pilot)
        assert "Stop F3 SRCC?" in text
        assert "GPU 1" in text
        assert "6 min" in text
        await pilot.press("enter")
        await settle(pilot, lambda: not isinstance(pilot.app.screen, ConfirmScreen))
        assert not ablation[0].run.stop.exists()
        await pilot.press("K")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("right", "enter")
        await settle(pilot, ablation[0].run.stop.exists)
        assert not ablation[1].run.stop.exists()
        assert json.loads(ablation[0].run.stop.read_text())["by"]
        await settle(pilot, lambda: "◐ stopping" in screen_text(pilot))


STATE = RunState(RunFolder(Path("a-run")), Status(Phase.RUNNING, attempt=1), Spec("a-run", "g", "L2", [], 0.0))
STEPPED = fold(STATE, [Event("step", 5.0, 1, {"step": 3, "epoch": 1})])


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (STEPPED, "It is asked to write a checkpoint first; R tries it again from there."),
        (STATE, "It has not trained since it was started, so there is nothing new to save. R tries it again."),
        (
            replace(STEPPED, status=Status(Phase.RUNNING, attempt=2)),
            "It has not trained since it was started, so there is nothing new to save. R tries it again.",
        ),
        (
            replace(STEPPED, status=Status(Phase.RUNNING, attempt=1, host="nodeb")),
            "It is asked to write a checkpoint first; `iqa-tui retry --from-elsewhere a-run` tries it again from there.",
        ),
        (
            replace(STEPPED, status=Status(Phase.RUNNING, attempt=1, host="lab1", host_is_node=True)),
            "It is asked to write a checkpoint first; R tries it again from there.",
        ),
        (
            replace(STEPPED, spec=Spec("a-run", "g", "L2", [], 0.0, trainer="command")),
            "Its own trainer is sent SIGTERM: whether it saves its work is not known here. R tries it again.",
        ),
        (replace(STATE, status=Status(Phase.QUEUED)), "It will not start; R queues it again."),
    ],
)
def test_a_stop_promises_only_what_its_trainer_keeps(state: RunState, words: str) -> None:
    assert stop_lines(state, 9.0)[-1] == words


@pytest.mark.parametrize(
    ("beat_seconds", "words"),
    [
        (4.0, "Its supervisor there looks several times a second; last sign of life 4 s ago."),
        (
            720.0,
            "It gave no sign of life for 12 min: if that host is gone, the file stays unread, and the run as it is shown.",
        ),
        (None, "It gives no sign of life: if that host is gone, the file stays unread, and the run as it is shown."),
    ],
)
def test_the_question_says_that_a_stop_on_another_host_is_a_file_which_that_host_reads(
    beat_seconds: float | None, words: str
) -> None:
    foreign = Status(Phase.RUNNING, attempt=1, host="nodeb", beat_seconds=beat_seconds)
    lines = stop_lines(replace(STEPPED, status=foreign), 9.0)
    told = "It is on nodeb: a stop is only a file in its folder, and takes effect once nodeb reads it."
    assert lines[2:4] == [told, words]
    here = Status(Phase.RUNNING, attempt=1)
    of_slurm = replace(foreign, host_is_node=True)
    lines = [line for one in (here, of_slurm) for line in stop_lines(replace(STEPPED, status=one), 9.0)]
    assert not any("only a file" in line for line in lines)


def test_the_question_says_why_a_run_may_not_find_the_request() -> None:
    failing = Status(Phase.RUNNING, "no locks", 1, host="lab1", host_is_node=True, disk_trouble=True)
    words = "Its folder cannot be read well now (no locks), so it may not find the request."
    assert (
        stop_lines(replace(STEPPED, status=failing), 9.0)[2] == f"{words} If it cannot be asked, Slurm cancels its job."
    )


async def test_a_run_that_is_over_is_not_stopped_but_can_be_tried_again_after_a_question(
    runs_dir: Path, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    retried: list[str] = []
    monkeypatch.setattr("iqa_tui.queue.retry.retry_run", lambda run: retried.append(run.run_id) or "queued again")
    fake = FakeRun.queue(runs_dir, "F2").start(gpu=1).end(ExitKind.FAILED, "exit 1")
    async with open_app() as pilot:
        await settle(pilot, lambda: "✗ failed" in screen_text(pilot))
        pilot.app.screen.query_one(RunList).move_to(fake.run.run_id)
        await pilot.press("K")
        assert not isinstance(pilot.app.screen, ConfirmScreen)
        await burst(pilot, "R", "enter")  # a key that was typed before the question was there answers nothing
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        text = screen_text(pilot)
        for words in (
            "Try F2 L2 (MSE) again?",
            "It ran for 10 min on GPU 1: failed: exit 1.",
            "begins from the start.",
        ):
            assert words in text
        await pilot.press("enter")  # the safe answer is the default
        await settle(pilot, lambda: not isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("R")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        assert retried == []
        await pilot.press("right", "enter")
        await settle(pilot, lambda: retried == [fake.run.run_id])


@pytest.mark.parametrize(
    ("trainer", "has_checkpoint", "words"),
    [
        ("training", True, "begins from its last checkpoint."),
        ("training", False, "begins from the start."),
        ("command", True, "begins as its own trainer does."),
    ],
)
def test_another_attempt_promises_a_checkpoint_only_if_its_trainer_goes_on_from_one(
    tmp_path: Path, trainer: str, has_checkpoint: bool, words: str
) -> None:
    fake = FakeRun.queue(tmp_path, "F2", trainer=trainer).start().end()
    if has_checkpoint:
        fake.run.last_checkpoint.parent.mkdir(parents=True)
        fake.run.last_checkpoint.write_bytes(b"weights")
    (state,) = Catalog(tmp_path).refresh()
    assert retry_lines(state, beginning_words(fake.run, fake.spec), 9.0)[-1].endswith(words)


async def test_a_queued_run_is_held_released_and_moved_by_keys(runs_dir: Path, open_app: OpenApp) -> None:
    fake = FakeRun.queue(runs_dir, "F2")

    def place() -> Any:
        return json.loads(fake.run.place.read_text())

    async with open_app() as pilot:
        await settle(pilot, lambda: "○ queued" in screen_text(pilot))
        await pilot.press("h")
        await settle(pilot, lambda: "⏸ held" in screen_text(pilot))
        await pilot.press("p")
        await settle(pilot, lambda: place()["priority"] == "low")  # it was launched with high
        assert place()["held"]
        await settle(pilot, lambda: "lets it start; low priority" in screen_text(pilot))
        await pilot.press("h")
        await settle(pilot, lambda: not place()["held"])
        await settle(pilot, lambda: "⏸ held" not in screen_text(pilot))


async def test_the_keys_below_are_those_that_do_something_for_this_run(
    ablation: list[FakeRun], open_app: OpenApp
) -> None:
    orders = {"stop", "retry", "hold", "release", "priority"}
    expected = {"F1": {"retry"}, "F2": set(), "F3": {"stop"}, "F5": {"stop", "hold", "priority"}}
    async with open_app((80, 24)) as pilot:
        runs = pilot.app.screen.query_one(RunList)
        await settle(pilot, lambda: len(runs.row_keys) == 7)
        by_id = {state.experiment: state for state in pilot.app._runs}
        for identity, shown in expected.items():
            runs.move_to(by_id[identity].run_id)
            await settle(pilot, lambda shown=shown: orders & set(screen_text(pilot).splitlines()[-1].split()) == shown)
        write_record(by_id["F5"].run.place, Place("ann", 1.0, held=True))
        await settle(pilot, lambda: " release " in screen_text(pilot).splitlines()[-1])
        await pilot.press("K")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        assert "Keep it queued" in screen_text(pilot)


async def test_no_single_key_ends_or_starts_a_run_nor_overwrites_a_file(
    ablation: list[FakeRun], runs_dir: Path, open_app: OpenApp
) -> None:
    goes_elsewhere = {"1", "3", "q"}
    takes_back = {"A", "h", "p"}  # a second press undoes the first
    async with open_app() as pilot:
        screen = pilot.app.screen
        runs = screen.query_one(RunList)
        await settle(pilot, lambda: len(runs.row_keys) == 7)
        before = files_in(runs_dir)
        keys = {active.binding.key for active in screen.active_bindings.values()} | {"s", "v", "enter"}
        letters = {key for key in keys if len(key) == 1} - goes_elsewhere - takes_back
        assert {"K", "R", "e", "s"} <= letters
        for state in (state for state in pilot.app._runs if state.experiment in ("F1", "F3")):
            for key in (*sorted(letters), "enter"):
                runs.focus()
                runs.move_to(state.run_id)
                await pilot.press(key)
                for _ in range(5):
                    if pilot.app.screen is screen:
                        break
                    await pilot.press("escape", "2")
                assert pilot.app.screen is screen, key
        await pilot.pause(0.2)
        assert files_in(runs_dir) == before


async def test_an_error_names_the_run_but_leaves_paths_as_they_are(
    runs_dir: Path, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeRun.queue(runs_dir, "F2")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("iqa_tui.queue.hold.write_record", refuse)
    async with open_app() as pilot:
        await settle(pilot, lambda: "○ queued" in screen_text(pilot))
        await pilot.press("h")
        await settle(pilot, lambda: len(pilot.app._notifications) == 1)
        (said,) = [str(note.message) for note in pilot.app._notifications]
        assert said == f"{fake.run.place}: cannot be written (No space left on device). Make room, then try again."
