"""Small drawings that fit into a line."""

from __future__ import annotations

import pytest

from iqa_tui.widgets.meter import history_rows, meter, scale_bar


@pytest.mark.parametrize(
    ("fraction", "bar"),
    [(0.0, "░░░░"), (0.5, "██░░"), (1.0, "████"), (1.7, "████"), (-1.0, "░░░░"), (None, "????")],
)
def test_a_meter_is_filled_as_far_as_its_fraction(fraction: float | None, bar: str) -> None:
    assert meter(fraction, 4) == bar


def test_a_history_shows_the_newest_at_the_right_and_a_gap_for_unknown() -> None:
    assert history_rows([0, 50, None, 100], 6, 1) == ["  ▁▃ ▆"]
    assert history_rows([], 3, 1) == ["   "]


def test_a_history_at_its_highest_touches_nothing_above_it() -> None:
    assert history_rows([0, 50, 100], 3, 2) == ["  ▆", "▁▇█"]
    assert history_rows([150, -3], 2, 3) == ["▆ ", "█ ", "█▁"]


def test_more_values_than_cells_share_them_and_the_whole_time_is_shown() -> None:
    assert history_rows([100, 100, 0, 0, None, None, 100, 0], 4, 1) == ["▆▁ ▃"]
    assert history_rows(range(60), 13, 1)[0].startswith(" ▁")
    assert len(history_rows([50] * 60, 13, 1)[0]) == 13


def test_a_value_stands_on_its_scale_with_the_expected_band() -> None:
    text = "".join(sign for sign, _ in scale_bar(0.5, (0.2, 0.4), (0.0, 1.0), 11))
    assert text == "──━━━●─────"
    assert "".join(sign for sign, _ in scale_bar(None, None, (0.0, 1.0), 4)) == "────"
    assert "".join(sign for sign, _ in scale_bar(9.0, None, (0.0, 1.0), 4)) == "───●"
