"""How the user looks at the runs: which of them, whose curves, in which colours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.monitor.state import RunState
from iqa_tui.monitor.view import MonitorView
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.spec import Spec


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
    assert VIEW.with_filter(text).passing(RUNS, 0.0) == list(passing)


def test_the_filter_is_kept_without_the_blanks_around_it() -> None:
    assert VIEW.with_filter("  two words ").filter == "two words"


def test_runs_that_pass_stand_in_plan_order() -> None:
    assert VIEW.passing(RUNS[::-1], 0.0) == list(RUNS)


def test_a_second_mark_takes_the_first_one_back() -> None:
    assert VIEW.mark([MAE]).marked == ("run-F1",)
    assert VIEW.mark([MAE]).mark([MAE]) == VIEW


def test_a_row_of_several_runs_is_marked_whole_before_it_is_unmarked() -> None:
    marked = VIEW.mark([MSE]).mark([MAE, MSE])
    assert marked.marked == ("run-F2", "run-F1")
    assert marked.mark([MSE, MAE]) == VIEW


def test_all_that_are_shown_are_marked_then_none() -> None:
    marked = replace(VIEW, marked=("elsewhere",)).mark_all(RUNS)
    assert marked.marked == ("run-F1", "run-F2", "run-F3")
    assert marked.mark_all(RUNS).marked == ()
    assert marked.mark_all(RUNS[:2]).marked == ()
    assert VIEW.mark([RANK]).mark_all(RUNS).marked == ("run-F1", "run-F2", "run-F3")


def test_a_run_that_is_gone_loses_its_mark() -> None:
    marked = replace(VIEW, marked=("run-F1", "gone", "run-F2"))
    assert marked.pruned_to(RUNS).marked == ("run-F1", "run-F2")
    kept = VIEW.mark([MAE])
    assert kept.pruned_to(RUNS) is kept


def test_the_marked_curves_are_drawn_in_the_runs_own_colours_else_those_under_the_cursor() -> None:
    assert replace(VIEW, marked=("run-F3", "gone", "run-F1")).drawn(RUNS, [MSE]) == [(RANK, 2), (MAE, 0)]
    assert VIEW.drawn(RUNS, [MSE, RANK]) == [(MSE, 1), (RANK, 2)]
    assert VIEW.drawn(RUNS, []) == []


def test_sorting_by_a_field_again_turns_it_and_then_takes_it_back() -> None:
    by_score = VIEW.sort_by("srcc")
    assert (by_score.sort, by_score.is_rising) == ("srcc", False)
    assert (by_score.sort_by("srcc").sort, by_score.sort_by("srcc").is_rising) == ("srcc", True)
    assert by_score.sort_by("srcc").sort_by("srcc").sort == ""
    assert by_score.sort_by("state").is_rising
    assert by_score.turned().turned() == by_score


def test_a_row_stays_as_it_was_folded() -> None:
    assert VIEW.fold("group/g", is_open=False).fold("group/h", is_open=True).folds == {
        "group/g": False,
        "group/h": True,
    }
