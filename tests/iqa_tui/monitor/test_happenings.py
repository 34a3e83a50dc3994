"""What ended between two looks is told once, and nothing that ended before the first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.monitor.happenings import Happening, happenings, known_of, title_words, told_words
from iqa_tui.monitor.state import RunState
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.spec import Spec


def state(phase: Phase, number: int = 2, *, attempt: int = 1, cause: str = "", seed: int = 1) -> RunState:
    run = RunFolder(Path(f"run-{number}-{seed}"))
    spec = Spec(run.run_id, "g", "L2", [], 0.0, experiment=f"F{number}", seed=seed)
    return RunState(run, Status(phase, cause, attempt=attempt), spec)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (state(Phase.RUNNING), state(Phase.FINISHED), "F2 L2 finished"),
        (state(Phase.RUNNING), state(Phase.FAILED, cause="exit 1: no memory"), "F2 L2 failed: exit 1: no memory"),
        (state(Phase.QUEUED), state(Phase.FAILED), "F2 L2 failed"),
        (state(Phase.STOPPING), state(Phase.STOPPED, cause="stopped by ann, 14:02"), "F2 L2 stopped by ann, 14:02"),
        (state(Phase.RUNNING), state(Phase.LOST, cause="host rebooted"), "F2 L2 is lost: host rebooted"),
        (state(Phase.RUNNING), state(Phase.UNREADABLE, cause="spec.json is torn"), "F2 L2 is unreadable: spec.json"),
        (state(Phase.FAILED), state(Phase.FAILED, attempt=2, cause="exit 2"), "F2 L2 failed: exit 2"),
    ],
)
def test_a_run_that_ends_is_told_with_its_cause(before: RunState, after: RunState, words: str) -> None:
    (told,) = happenings(known_of([before]), [after])
    assert told.words.startswith(words)
    assert told.is_trouble == (after.phase in (Phase.FAILED, Phase.LOST, Phase.UNREADABLE))
    assert happenings(known_of([after]), [after]) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Phase.QUEUED, Phase.STARTING),
        (Phase.STARTING, Phase.RUNNING),
        (Phase.FAILED, Phase.QUEUED),
        (Phase.LOST, Phase.LOST),
    ],
)
def test_what_is_no_end_is_not_told(before: Phase, after: Phase) -> None:
    assert happenings(known_of([state(before)]), [state(after)]) == []


def test_a_run_that_was_not_known_may_have_ended_long_ago() -> None:
    assert happenings({}, [state(Phase.FAILED)]) == []


def test_seeds_are_told_apart() -> None:
    runs = [state(Phase.RUNNING, seed=1), state(Phase.RUNNING, seed=2)]
    ended = [replace(runs[0], status=Status(Phase.FINISHED, attempt=1)), runs[1]]
    assert [each.words for each in happenings(known_of(runs), ended)] == ["F2 L2 · seed 1 finished"]


def test_few_are_told_one_by_one_and_many_as_a_number_with_the_first_in_trouble() -> None:
    told = [Happening(Phase.FINISHED, "F2 finished"), Happening(Phase.FAILED, "F3 failed: exit 1")]
    assert told_words(told) == "✓ F2 finished · ✗ F3 failed: exit 1"
    assert told_words(told * 2) == "4 runs ended: 2 finished, 2 failed; F3 failed: exit 1"
    assert told_words(told[:1] * 4) == "4 runs ended: 4 finished"


def test_the_title_has_numbers_alone() -> None:
    runs = [state(phase, number) for number, phase in enumerate(Phase)]
    assert title_words(runs) == "iqa-tui: 3 running, 1 queued, 1 failed, 1 lost, 1 unreadable, 1 finished"
    assert title_words([]) == "iqa-tui"
