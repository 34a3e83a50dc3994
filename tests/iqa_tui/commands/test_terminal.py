"""What is said while a command waits."""

from __future__ import annotations

import sys
import threading

import pytest

from iqa_tui.commands import terminal
from tests.fakes.lab import wait_until


def test_who_waits_for_a_driver_is_told_what_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(terminal, "BLINK_SECONDS", 0.05)
    waiting = "asking the NVIDIA driver …\n"
    with terminal.asking_the_driver():  # a pipe is told nothing
        assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with terminal.asking_the_driver():
        assert [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
        said = wait_until(lambda: capsys.readouterr().err, "the words")
    assert said == waiting
    monkeypatch.setattr(terminal, "BLINK_SECONDS", 60.0)
    with terminal.asking_the_driver():
        pass
    assert capsys.readouterr().err == ""
