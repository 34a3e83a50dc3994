"""From a run to the points of its curve."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.fold import fold
from iqa_tui.monitor.state import RunState
from iqa_tui.monitor.view import CurveKind, CurveView
from iqa_tui.panels.curves import series_of
from tests.fakes.run_folders import FakeRun
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.schema import Event


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
