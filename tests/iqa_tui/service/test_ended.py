"""What the supervisor reads of the trainer's own last event."""

from pathlib import Path

import pytest

from iqa_tui.service.ended import Ended, read_ended
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.write import EventWriter


def written(folder: Path, attempt: int, *kinds: str, **fields: object) -> RunFolder:
    run = RunFolder(folder)
    events = EventWriter(run.events, attempt)
    for kind in kinds:
        events.write(kind, **(fields if kind == "ended" else {}))
    events.close()
    return run


def test_the_last_event_of_the_attempt_says_how_it_ended(tmp_path: Path) -> None:
    run = written(tmp_path, 2, "step", "ended", how="stopped", epoch=2, step=1310, checkpoint="last", saved=True)
    assert read_ended(run, 2) == Ended(ExitKind.STOPPED, 2, 1310, saved=True)
    assert read_ended(run, 2).where == "at step 1,310 of epoch 2"  # type: ignore[union-attr]
    assert read_ended(run, 3) is None, "an earlier attempt's"


def test_it_counts_only_as_the_last_one(tmp_path: Path) -> None:
    assert read_ended(written(tmp_path, 1, "ended", "step", how="stopped"), 1) is None


@pytest.mark.parametrize("fields", [{}, {"how": "melted"}, {"how": 7}, {"how": None}])
def test_one_of_a_later_version_says_nothing(tmp_path: Path, fields: dict[str, object]) -> None:
    assert read_ended(written(tmp_path, 1, "ended", **fields), 1) is None


def test_without_events_and_before_training_there_is_no_step(tmp_path: Path) -> None:
    assert read_ended(RunFolder(tmp_path / "none"), 1) is None
    run = written(tmp_path, 1, "ended", how="usage", epoch="x", step=None)
    found = read_ended(run, 1) or Ended(ExitKind.FAILED)
    assert found.where == ""
