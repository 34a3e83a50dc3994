"""Which runs and attempts there are, whatever else is put between them."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.runfolder import layout
from training.runfolder.errors import UnreadableFile
from training.runfolder.layout import RunFolder


@pytest.mark.parametrize("name", ["0", "01", "1234567", "-1", "+1", "1_0", "²", "٣", "3 ", "1\n"])
def test_a_folder_that_is_not_named_like_an_attempt_is_none(tmp_path: Path, name: str) -> None:
    run = RunFolder(tmp_path)
    for each in ("2", name):
        run.attempt(1).path.with_name(each).mkdir(parents=True)
    assert [attempt.number for attempt in run.attempts()] == [2]


def test_a_folder_of_attempts_without_end_is_not_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "MOST_ATTEMPT_ENTRIES", 3)
    run = RunFolder(tmp_path)
    for number in (1, 2, 3):
        run.attempt(number).path.mkdir(parents=True)
    assert len(run.attempts()) == 3
    (run.attempts_dir / "more").touch()
    with pytest.raises(UnreadableFile, match="holds more than 3 entries"):
        run.attempts()


def test_attempts_are_ordered_by_number_and_strangers_are_passed_over(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    assert run.latest_attempt() is None
    for name in ("1", "2", "10", "notes"):
        (run.attempts_dir / name).mkdir(parents=True)
    assert [attempt.number for attempt in run.attempts()] == [1, 2, 10]
