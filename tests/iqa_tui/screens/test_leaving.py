"""The question before the app is left while something is under way."""

from __future__ import annotations

import os
import time
from pathlib import Path

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.state import RunState
from iqa_tui.screens.confirm import ConfirmScreen
from iqa_tui.screens.leaving import MOST_NAMED, leave_question
from tests.fakes.run_folders import FakeRun
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status


def runs(phase: Phase, count: int) -> list[RunState]:
    return [RunState(RunFolder(Path(f"{phase.value}-{number}")), Status(phase)) for number in range(count)]


def answers(question: ConfirmScreen) -> list[str]:
    return [choice.value for choice in question._choices]


def test_runs_that_are_alive_are_named_and_go_on_by_default() -> None:
    question = leave_question(runs(Phase.RUNNING, 2) + runs(Phase.QUEUED, 3), launching=False)
    assert question._title == "2 running: leave?"
    assert question._text.splitlines() == [
        "running-0 · no device yet",
        "running-1 · no device yet",
        "3 more queued",
    ]
    assert (answers(question), question._safe) == (["leave", "stop", "stay"], "stay")


def test_each_run_is_named_with_its_device_and_how_long_it_has_run(runs_dir: Path) -> None:
    fake = FakeRun.queue(runs_dir, "F3").start(gpu=1, at=time.time() - 372).train(3)
    held = fake.hold()
    question = leave_question(Catalog(runs_dir).refresh(), launching=False)
    for descriptor in held:
        os.close(descriptor)
    assert question._text == "F3 SRCC · GPU 1 · has run for 6 min"


def test_of_many_runs_the_first_are_named_and_the_others_counted() -> None:
    question = leave_question(runs(Phase.RUNNING, MOST_NAMED + 2), launching=False)
    assert question._text.splitlines()[MOST_NAMED:] == ["2 more"]


def test_with_queued_runs_alone_they_are_counted() -> None:
    question = leave_question(runs(Phase.QUEUED, 3), launching=False)
    assert (question._title, question._text) == ("Runs are queued: leave?", "3 queued")


def test_during_a_launch_staying_is_the_first_and_safe_answer_and_nothing_is_stopped() -> None:
    question = leave_question(runs(Phase.FINISHED, 1), launching=True)
    assert question._title == "A launch is being checked: leave?"
    assert question._text == "It is launched if its flags are right; else the shell says why not."
    assert (answers(question), question._safe) == (["stay", "leave"], "stay")


def test_of_runs_on_another_host_it_is_said_that_a_stop_is_only_a_file() -> None:
    foreign = RunState(RunFolder(Path("there")), Status(Phase.RUNNING, host="nodeb"))
    on_a_node = RunState(RunFolder(Path("node")), Status(Phase.RUNNING, host="lab1", host_is_node=True))
    question = leave_question([*runs(Phase.RUNNING, 1), foreign, on_a_node], launching=False)
    assert question._text.splitlines()[-1] == "On nodeb a stop is only a file: it takes effect once that host reads it."
