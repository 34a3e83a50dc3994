"""Small drawings that fit into a line."""

from __future__ import annotations

import pytest

from iqa_tui.widgets.meter import meter, scale_bar, sparkline


@pytest.mark.parametrize(
    ("fraction", "bar"),
    [(0.0, "░░░░"), (0.5, "██░░"), (1.0, "████"), (1.7, "████"), (-1.0, "░░░░"), (None, "????")],
)
def test_a_meter_is_filled_as_far_as_its_fraction(fraction: float | None, bar: str) -> None:
    assert meter(fraction, 4) == bar


def test_a_history_shows_the_newest_at_the_right_and_a_gap_for_unknown() -> None:
    assert sparkline([0, 50, None, 100], 6) == "  ▁▅ █"
    assert sparkline([0, 0, 0, 100], 2) == "▁█"
    assert sparkline([], 3) == "   "
    assert sparkline([5], 0) == ""


def test_a_value_stands_on_its_scale_with_the_expected_band() -> None:
    text = "".join(sign for sign, _ in scale_bar(0.5, (0.2, 0.4), (0.0, 1.0), 11))
    assert text == "──━━━●─────"
    assert "".join(sign for sign, _ in scale_bar(None, None, (0.0, 1.0), 4)) == "────"
    assert "".join(sign for sign, _ in scale_bar(9.0, None, (0.0, 1.0), 4)) == "───●"
