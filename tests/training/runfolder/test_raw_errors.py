"""An RMSE that an earlier version measured on raw predictions is given to no reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.runs import finish_run, queue_experiment
from training.loss_parts import FIXES_SCALE, LOSS_TYPES
from training.runfolder.layout import RunFolder
from training.runfolder.raw_errors import FREE_OF_SCALE, LEFT_OUT, has_raw_errors, without_raw_errors
from training.runfolder.read import read_record
from training.runfolder.schema import Result
from training.runfolder.status import Seen, run_status

RAW = {"test": {"srcc": 0.93, "plcc": 0.94, "rmse": 460.5, "rmse_fitted": 5.25}, "val": {"srcc": 0.9, "rmse": 455.0}}
LOSS = {"F1": "l1", "F2": "l2", "F3": "srcc", "F4": "rank", "F5": "pairwise"}


def written(runs_dir: Path, row: str, **changes: object) -> RunFolder:
    run = queue_experiment(runs_dir, row, seed=1)
    values = {"metrics": RAW, "config": {"loss_type": LOSS[row]}, **changes}
    return finish_run(run, 0.93, 0.94, **values)  # type: ignore[arg-type]


def read(run: RunFolder) -> Result:
    seen = Seen()
    run_status(run, seen=seen)
    assert seen.result is not None
    return seen.result


@pytest.mark.parametrize("row", ["F3", "F4", "F5"])
def test_it_is_left_out_of_every_split_with_a_note_and_stays_in_the_file(tmp_path: Path, row: str) -> None:
    run = written(tmp_path, row)
    found = read(run)
    assert found.metrics == {
        "test": {"srcc": 0.93, "plcc": 0.94, "rmse": None, "rmse_fitted": 5.25},
        "val": {"srcc": 0.9, "rmse": None},
    }
    assert found.notes == [LEFT_OUT]
    assert has_raw_errors(found)
    assert without_raw_errors(found) == found
    assert read_record(run.result, Result).metrics == RAW


def test_an_error_that_has_a_unit_stays(tmp_path: Path) -> None:
    """That of a loss which fixes the scale, that of calibrated predictions, and what another trainer says it is."""
    linear = {"kind": "linear", "parameters": [1.0, 0.0]}
    runs = [
        written(tmp_path, "F1"),
        written(tmp_path, "F2"),
        written(tmp_path, "F3", calibration=linear),
        written(tmp_path, "F4", config={}),
    ]
    for run in runs:
        assert read(run).metrics == RAW
        assert not has_raw_errors(read(run))


def test_the_losses_are_some_that_leave_the_scale_free() -> None:
    assert set(LOSS_TYPES) > FREE_OF_SCALE
    assert not FREE_OF_SCALE & FIXES_SCALE
