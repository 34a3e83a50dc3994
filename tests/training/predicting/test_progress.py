"""The line on standard error that replaces itself."""

import time

import pytest

from training.predicting.progress import Progress


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_progress_is_told_now_and_then_and_cleared(clock, capsys):
    progress = Progress(1200, is_shown=True)
    progress.count()
    assert capsys.readouterr().err == ""
    clock[0] += 2
    progress.count()
    assert capsys.readouterr().err == "2 of 1,200 images, 1 a second\r"
    progress.clear()
    assert capsys.readouterr().err == " " * 29 + "\r"
    progress.clear()
    assert capsys.readouterr().err == ""


def test_without_a_total_the_count_stands_alone(clock, capsys):
    progress = Progress(None, is_shown=True)
    clock[0] += 4
    progress.count()
    assert capsys.readouterr().err == "1 images, 0.25 a second\r"


def test_nothing_is_shown_to_a_file(clock, capsys):
    progress = Progress(3, is_shown=False)
    clock[0] += 4
    progress.count()
    progress.clear()
    assert capsys.readouterr().err == ""
