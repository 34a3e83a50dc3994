"""The real program and a terminal that answers: its background, its title."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.run_folders import FakeRun, hold_dispatcher_lock
from tests.fakes.terminal import Terminal

CODE = "import sys; from pathlib import Path; from iqa_tui.app import run_app; sys.exit(run_app(Path(sys.argv[1])))"
QUESTION = b"\x1b]11;?\x1b\\"


class Recorded(Terminal):
    """Keeps what the program sent, as it was sent."""

    sent = b""

    def read(self, seconds: float, at_most_bytes: int = 1 << 40) -> None:
        if not hasattr(self, "_feed"):
            self._feed = self._stream.feed
            self._stream.feed = self._record
        super().read(seconds, at_most_bytes)

    def _record(self, chunk: bytes) -> None:
        self.sent += chunk
        self._feed(chunk)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Recorded]:
    FakeRun.queue(tmp_path / "runs", "F2").start().train(100).end()
    dispatching = hold_dispatcher_lock(tmp_path / "runs")
    env = {"IQA_TUI_STATE": str(tmp_path / "state"), "COLORFGBG": "", "COLORTERM": "truecolor"}
    with Recorded([sys.executable, "-c", CODE, str(tmp_path / "runs")], 100, 30, env) as opened:
        yield opened
    os.close(dispatching)


def test_a_light_terminal_gets_the_light_theme_and_its_answer_is_no_key(terminal: Recorded) -> None:
    terminal.wait_for_words("✗ failed", "q leave")
    assert terminal.sent.count(QUESTION) == 1
    assert terminal.screen.buffer[0][0].bg == "222831"
    terminal.press("\x1b]11;rgb:ffff/ffff/ff")  # as it comes over a slow line
    terminal.read(0.1)
    terminal.press("ff\x07")
    terminal._wait(lambda: terminal.screen.buffer[0][0].bg == "e1e4e8", "never was light")
    assert "filter" not in terminal.text.splitlines()[-3]
    terminal.wait_for_words("✗ failed", "q leave")


def test_the_title_says_how_many_runs_do_what_and_is_given_back(terminal: Recorded) -> None:
    terminal.wait_for_words("✗ failed", "q leave")
    terminal._wait(lambda: terminal.screen.title == "iqa-tui: 1 failed", "never had the title")
    terminal.press("q")
    assert terminal.wait_for_end() == 0
    terminal.read(0.2)
    assert terminal.sent.index(b"\x1b[22;2t") < terminal.sent.index(b"\x1b]2;iqa-tui: 1 failed\x07")
    assert terminal.sent.index(b"\x1b]2;iqa-tui: 1 failed\x07") < terminal.sent.index(b"\x1b[23;2t")
