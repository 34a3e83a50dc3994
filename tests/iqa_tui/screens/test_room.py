"""What the screens share: their forms."""

from __future__ import annotations

import pytest

from iqa_tui.screens.room import form_classes


@pytest.mark.parametrize(
    ("size", "classes"),
    [
        ((140, 40), ["-wide"]),
        ((110, 32), ["-wide"]),
        ((109, 31), ["-narrow", "-low"]),
        ((80, 19), ["-narrow", "-low", "-flat"]),
        ((60, 15), ["-narrow", "-low", "-flat"]),
        ((59, 40), ["-tiny", "-narrow"]),
        ((140, 14), ["-tiny", "-wide", "-low", "-flat"]),
    ],
)
def test_a_terminal_of_each_size_has_its_form(size: tuple[int, int], classes: list[str]) -> None:
    assert form_classes(size) == classes
