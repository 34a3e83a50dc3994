"""What a terminal is told besides what it draws; no text can end a sequence or begin another."""

from __future__ import annotations

import pytest

from iqa_tui.widgets.terminal_speech import LONGEST, listens, notification, title

EVIL = "F3\x1b]52;c;aGk=\x07 \x9d0;x\x9c\n; done"


def test_a_title_is_one_sequence_whatever_stands_in_it() -> None:
    assert title("iqa-tui: 3 running") == "\x1b]2;iqa-tui: 3 running\x07"
    told = title(EVIL)
    assert [sign for sign in told if not sign.isprintable()] == ["\x1b", "\x07"]
    assert len(title("x" * 10_000)) == LONGEST + 5


@pytest.mark.parametrize(
    ("kind", "sequence"),
    [("9", "\x1b]9;iqa-tui: F3; done\x07"), ("777", "\x1b]777;notify;iqa-tui;F3, done\x07")],
)
def test_a_notification_is_asked_for_as_the_terminal_wants_it(kind: str, sequence: str) -> None:
    assert notification(kind, "F3; done", {}) == sequence
    assert [sign for sign in notification(kind, EVIL, {}) if not sign.isprintable()] == ["\x1b", "\x07"]


def test_tmux_is_asked_to_hand_it_on() -> None:
    assert notification("9", "F3", {"TMUX": "x"}) == "\x1bPtmux;\x1b\x1b]9;iqa-tui: F3\x07\x1b\\"


@pytest.mark.parametrize(
    ("term", "does"), [("xterm", True), ("linux", False), ("dumb", False), ("vt220", False), ("", False)]
)
def test_a_console_that_would_print_it_is_told_nothing(term: str, does: bool) -> None:
    assert listens({"TERM": term}) is does
