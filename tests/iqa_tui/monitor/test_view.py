"""How the user looks at the runs: which of them, whose curves, in which colours."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.monitor.state import RunState
from iqa_tui.monitor.view import COLOURS, MonitorView
from iqa_tui.widgets.palette import SERIES
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.schema import Spec


def run(experiment: str, label: str, phase: Phase = Phase.RUNNING, *, created: float = 0.0) -> RunState:
    spec = Spec(
        run_id=f"run-{experiment}", argv=[], group="losses", experiment=experiment, label=label, created=created
    )
    return RunState(RunFolder(Path(f"run-{experiment}")), Status(phase), spec)


MAE = run("F1", "L1 (MAE)", Phase.FAILED, created=1.0)
MSE = run("F2", "L2 (MSE)", created=2.0)
RANK = run("F3", "Rank", Phase.QUEUED, created=3.0)
RUNS = (MAE, MSE, RANK)
VIEW = MonitorView()


@pytest.mark.parametrize(
    ("text", "passing"),
    [
        ("", RUNS),
        ("rank", (RANK,)),
        ("  MSE ", (MSE,)),
        ("losses L", RUNS),
        ("losses failed", (MAE,)),
        ("run-f2", (MSE,)),
        ("rank failed", ()),
    ],
)
def test_a_run_passes_with_every_word_of_the_filter_in_any_case(text: str, passing: tuple[RunState, ...]) -> None:
    assert VIEW.with_filter(text).passing(RUNS) == list(passing)


def test_the_filter_is_kept_without_the_blanks_around_it() -> None:
    assert VIEW.with_filter("  two words ").filter == "two words"


def test_runs_that_pass_stand_in_plan_order() -> None:
    assert VIEW.passing(reversed(RUNS)) == list(RUNS)


def test_a_second_mark_takes_the_first_one_back() -> None:
    assert VIEW.mark("a").colours == {"a": 0}
    assert VIEW.mark("a").mark("a") == VIEW


def test_a_mark_takes_the_first_free_colour_and_leaves_the_others_theirs() -> None:
    marked = VIEW.mark("a").mark("b").mark("c").mark("b")
    assert marked.colours == {"a": 0, "c": 2}
    assert marked.next_colour() == 1
    assert list(marked.mark("d").colours.items()) == [("a", 0), ("c", 2), ("d", 1)]


def test_with_all_colours_taken_they_begin_again() -> None:
    marked = VIEW
    for number in range(COLOURS + 2):
        marked = marked.mark(str(number))
    assert list(marked.colours.values()) == [*range(COLOURS), 0, 1]


def test_there_are_as_many_colours_as_the_palette_has() -> None:
    assert COLOURS == SERIES


def test_all_that_are_shown_are_marked_then_none() -> None:
    marked = VIEW.mark("elsewhere").mark_all(RUNS)
    assert marked.colours == {"run-F1": 0, "run-F2": 1, "run-F3": 2}
    assert marked.mark_all(RUNS).colours == {}
    assert marked.mark_all(RUNS[:2]).colours == {}
    assert VIEW.mark("run-F3").mark_all(RUNS).colours == {"run-F1": 0, "run-F2": 1, "run-F3": 2}


def test_a_run_that_is_gone_loses_its_mark() -> None:
    marked = VIEW.mark("run-F1").mark("gone").mark("run-F2")
    assert marked.pruned_to(RUNS).colours == {"run-F1": 0, "run-F2": 2}
    assert VIEW.mark("run-F1").pruned_to(RUNS) == VIEW.mark("run-F1")


def test_the_marked_curves_are_drawn_else_that_under_the_cursor() -> None:
    assert VIEW.mark("run-F3").mark("gone").mark("run-F1").drawn(RUNS, MSE) == [(RANK, 0), (MAE, 2)]
    assert VIEW.drawn(RUNS, MSE) == [(MSE, 0)]
    assert VIEW.drawn(RUNS, None) == []
