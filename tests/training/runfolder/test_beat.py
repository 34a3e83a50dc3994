"""Signs of life: a time stamp that moves while a process of the attempt lives."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from training.runfolder import beat
from training.runfolder.beat import Beat, BeatWatch, beat_age, beat_ns, patience_seconds, period_seconds
from training.runfolder.layout import AttemptFolder


@pytest.fixture
def attempt(tmp_path: Path) -> AttemptFolder:
    (tmp_path / "1").mkdir()
    return AttemptFolder(tmp_path / "1")


def test_a_beat_is_made_once_and_moves_at_each_touch(attempt: AttemptFolder) -> None:
    assert beat_ns(attempt) is None
    assert beat_age(attempt) is None
    first = Beat(attempt)
    assert first.is_first
    assert not Beat(attempt).is_first
    os.utime(attempt.beat, (1.0, 1.0))
    assert beat_age(attempt, now=lambda: 41.0) == 40.0
    assert beat_age(attempt, now=lambda: 0.0) == 0.0, "the two hosts' clocks differ"
    first.touch()
    assert beat_age(attempt) < 60  # type: ignore[operator]


def test_it_is_touched_again_only_when_it_is_time(attempt: AttemptFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Beat(attempt)
    os.utime(attempt.beat, (1.0, 1.0))
    kept.keep()
    assert beat_ns(attempt) == 1_000_000_000
    now = time.monotonic() + period_seconds() + 1
    monkeypatch.setattr(beat.time, "monotonic", lambda: now)
    kept.keep()
    assert beat_ns(attempt) != 1_000_000_000


def test_a_beat_that_cannot_be_made_ends_nothing_and_never_makes_the_attempt(attempt: AttemptFolder) -> None:
    gone = AttemptFolder(attempt.path.with_name("2"))
    Beat(gone).touch()
    assert not gone.path.exists()
    os.mkfifo(attempt.beat)
    Beat(attempt).touch()  # and it does not wait for a reader


def test_who_looks_again_goes_by_his_own_clock(attempt: AttemptFolder) -> None:
    now = [100.0]
    watch = BeatWatch(clock=lambda: now[0])
    assert watch.look(attempt, 5) == (0.0, False)
    now[0] += 170
    assert watch.look(attempt, 5) == (170.0, False)
    assert watch.look(attempt, 6) == (0.0, True)
    now[0] += 10
    assert watch.look(attempt, 6) == (10.0, True)


@pytest.mark.parametrize(("text", "seconds"), [("", 180.0), ("6", 6.0), ("x", 180.0), ("-1", 180.0), ("inf", 180.0)])
def test_patience_is_three_minutes_unless_a_sound_number_is_set(
    monkeypatch: pytest.MonkeyPatch, text: str, seconds: float
) -> None:
    monkeypatch.setenv(beat.PATIENCE_VARIABLE, text)
    assert patience_seconds() == seconds
    assert period_seconds() == seconds / 6
