"""From a run to the points of its curve."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.curve_view import CurveKind, CurveView
from iqa_tui.monitor.fold import fold
from iqa_tui.monitor.state import RunState
from iqa_tui.panels.curves import Curves, curve_names, series_of
from tests.fakes.run_folders import FakeRun
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.schema import Event, Spec


def only(runs_dir: Path) -> RunState:
    (state,) = Catalog(runs_dir).refresh()
    return state


def test_curves_come_from_steps_or_from_evaluations(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2").start(at=1000.0).train(450).end()
    state = only(tmp_path)
    loss = series_of(state, 0, CurveView())
    assert (loss.name, len(loss.x), loss.x[0]) == ("F2", 450, 1)
    srcc = series_of(state, 0, CurveView(kind=CurveKind.SRCC))
    assert list(srcc.x) == [200, 400]
    assert list(srcc.y) == [state.evaluations[0].metrics["srcc"], state.evaluations[1].metrics["srcc"]]
    over_time = series_of(state, 0, CurveView(over_time=True))
    assert over_time.x[0] == 0.0
    assert over_time.x[1] == pytest.approx(0.5)


def test_runs_of_one_experiment_are_told_apart_at_their_curves() -> None:
    def run(experiment: str, seed: int) -> RunState:
        name = f"{experiment}-{seed}"
        spec = Spec(name, "g", "L2", [], 0.0, experiment=experiment, seed=seed)
        return RunState(RunFolder(Path(name)), Status(Phase.RUNNING), spec)

    names = curve_names([run("F2", 1), run("F2", 42), run("F3", 1)])
    assert names == {"F2-1": "F2·s1", "F2-42": "F2·s42", "F3-1": "F3"}


def test_a_score_without_a_step_is_at_the_beginning_of_time(tmp_path: Path) -> None:
    state = RunState(RunFolder(tmp_path), Status(Phase.FINISHED, attempt=1))
    event = Event("evaluated", 1.8e9, 1, {"epoch": 0, "split": "val", "metrics": {"srcc": 0.9}})
    assert list(series_of(fold(state, [event]), 0, CurveView(kind=CurveKind.SRCC, over_time=True)).x) == [0.0]


def told(*states: RunState, kind: CurveKind = CurveKind.LOSS) -> str:
    """What stands in the place of the curves."""
    panel, said = Curves(ascii_mode=False), []
    panel.set_title = lambda _title: None
    panel.show = lambda _series, _options, empty: said.append(empty)
    panel.show_runs([(state, 0) for state in states], CurveView(kind=kind))
    return said[0]


def state_of(experiment: str, phase: Phase, trainer: str = "training", **fields: Any) -> RunState:
    spec = Spec(experiment, "g", experiment, [], 0.0, experiment=experiment, trainer=trainer)
    return RunState(RunFolder(Path(experiment)), Status(phase), spec, **fields)


def test_it_says_why_there_is_no_curve_and_promises_nothing_of_a_trainer_that_has_not_run() -> None:
    assert told() == "no run is chosen"
    assert told(state_of("F1", Phase.QUEUED, "command")) == "F1: not started yet"
    external = "its own trainer has written no events; what it prints is in the log"
    assert told(state_of("F1", Phase.RUNNING, "command")) == f"F1: {external}"
    assert told(state_of("F1", Phase.FINISHED, "command")) == f"F1: {external}"
    assert told(state_of("F1", Phase.RUNNING, "command", updated=5.0)) == "F1: not yet trained a step"
    assert told(state_of("F1", Phase.RUNNING), state_of("F2", Phase.RUNNING)) == "F1, F2: not yet trained a step"
    assert told(state_of("F1", Phase.FAILED)) == "F1: ended before it trained a step"
    both = told(state_of("F1", Phase.QUEUED), state_of("F2", Phase.STARTING), kind=CurveKind.SRCC)
    assert both == "F1: not started yet; F2: not yet evaluated"


def test_a_run_without_a_validation_split_shows_its_test_scores_as_such(tmp_path: Path) -> None:
    state = RunState(RunFolder(tmp_path), Status(Phase.RUNNING))
    event = Event("evaluated", 5.0, 1, {"epoch": 1, "split": "test", "metrics": {"srcc": 0.9}})
    srcc = series_of(fold(state, [event]), 0, CurveView(kind=CurveKind.SRCC))
    assert srcc.label.endswith("(test)")
    assert list(srcc.y) == [0.9]


def test_over_time_no_curve_runs_back_if_the_clock_was_set_back(tmp_path: Path) -> None:
    """The clock is set back by an hour after the third step; the evaluation follows 5 s after the last step."""
    at = [5000.0, 5010.0, 5020.0, 1430.0, 1440.0]
    events = [Event("step", t, 1, {"epoch": 1, "step": number, "loss": 0.5}) for number, t in enumerate(at, 1)]
    events.append(Event("evaluated", 1445.0, 1, {"epoch": 1, "split": "val", "metrics": {"srcc": 0.5}}))
    state = fold(RunState(RunFolder(tmp_path), Status(Phase.RUNNING, attempt=1)), events)
    assert series_of(state, 0, CurveView(over_time=True)).x == (0.0, 10.0, 20.0, 20.0, 30.0)
    assert series_of(state, 0, CurveView(kind=CurveKind.SRCC, over_time=True)).x == (35.0,)
