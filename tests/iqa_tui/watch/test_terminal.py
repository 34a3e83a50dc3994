"""Whether the terminal is still there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from iqa_tui.watch.terminal import terminal_is_gone


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The emulator's end of a terminal whose other end is standard input; a test may take it out and close it."""
    ours, theirs = os.openpty()
    ends = [ours]
    with os.fdopen(theirs) as stdin:
        monkeypatch.setattr(sys, "__stdin__", stdin)
        yield ends
        for end in ends:
            os.close(end)


def test_a_terminal_is_gone_once_its_emulator_closes_it(emulator: list[int]) -> None:
    assert not terminal_is_gone()
    os.write(emulator[0], b"typed\n")
    assert not terminal_is_gone()
    os.close(emulator.pop())
    assert terminal_is_gone()


def test_without_a_standard_input_there_is_no_terminal_to_lose(
    emulator: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    os.close(emulator.pop())
    monkeypatch.setattr(sys, "__stdin__", None)
    assert not terminal_is_gone()
