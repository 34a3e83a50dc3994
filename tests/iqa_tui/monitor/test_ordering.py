"""The order of rows by one field."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.monitor.ordering import in_order
from iqa_tui.monitor.state import RunState
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.spec import Spec


def run(experiment: str, loss: float | None) -> RunState:
    spec = Spec(run_id=experiment, argv=[], group="g", experiment=experiment, label="", created=0.0)
    return RunState(RunFolder(Path(experiment)), Status(Phase.RUNNING), spec, loss=loss)


ROWS = [[run("F2", 0.5)], [run("F10", None)], [run("F1", 0.1), run("F1", 0.3)], [run("G", 0.5)]]


@pytest.mark.parametrize(
    ("name", "is_rising", "order"),
    [
        ("", False, "F2 F10 F1 G"),
        ("loss", False, "F2 G F1 F10"),
        ("loss", True, "F1 F2 G F10"),
        ("id", True, "F1 F2 F10 G"),
        ("id", False, "G F10 F2 F1"),
        ("peak", True, "F2 F10 F1 G"),
        ("gone", True, "F2 F10 F1 G"),
    ],
)
def test_rows_stand_by_value_and_those_without_one_last(name: str, is_rising: bool, order: str) -> None:
    ordered = in_order(ROWS, name, 0.0, is_rising=is_rising)
    assert " ".join(runs[0].experiment for runs in ordered) == order
