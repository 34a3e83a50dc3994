"""Progress bars."""

from __future__ import annotations

import pytest

from iqa_tui.importing.bars import LONGEST_BAR_BYTES, Bar, BarClock, bar_in


@pytest.mark.parametrize(
    ("text", "bar"),
    [
        (
            "Epoch 5/5:   5%|5         | 233/4404 [01:10<20:58,  3.31batch/s, loss=3.0086, rank_loss=0.2982]",
            Bar(b"Epoch 5/5", 233, 4404, 70, b"3.0086"),
        ),
        ("  Loading images:   0%|          | 0/7046 [00:00<?, ?img/s]", Bar(b"Loading images", 0, 7046, 0, b"")),
        ("Testing: 100%|██████████| 63/63 [1:00:02<00:00]", Bar(b"Testing", 63, 63, 3602, b"")),
        (" 50%|#####     | 1/2 [00:01<00:01]", Bar(b"", 1, 2, 1, b"")),
        ("Epoch 1/5: 100%|##########| 9/9 [00:01<00:00, rank_loss=0.3]", Bar(b"Epoch 1/5", 9, 9, 1, b"")),
        ("50%| is half", None),
        ("1\t4.850\t\t0.8823\t\t0.9193\t\t0.9346", None),
        ("x: 1%|" + " " * LONGEST_BAR_BYTES + "| 1/2 [00:01<00:02]", None),
        ("x: 1%|#| 99999999999999999999/2 [00:01<00:02]", None),
    ],
)
def test_a_bar_says_how_far_it_is_for_how_long_and_its_loss(text: str, bar: Bar | None) -> None:
    assert bar_in(text.encode()) == bar


def test_the_clock_adds_bars_that_follow_each_other_and_those_that_begin_anew() -> None:
    clock = BarClock()
    for what, seconds in ((b"load", 5), (b"Epoch 1/2", 0), (b"Epoch 1/2", 9), (b"test", 1), (b"test", 0), (b"test", 2)):
        clock.see(Bar(what, 1, 1, seconds, b""))
    assert clock.seconds == 5 + 9 + 1 + 2
