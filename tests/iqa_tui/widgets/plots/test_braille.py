"""Curves as dots, dots as signs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.widgets.plots.braille import cell_codes, cell_lines, filled, raster
from iqa_tui.widgets.plots.series import Dots
from iqa_tui.widgets.plots.thinning import column_extremes


@given(st.lists(st.floats(0, 1), min_size=2, max_size=80))
def test_neighbouring_columns_touch(values: list[float]) -> None:
    y = np.array(values)
    low, high = column_extremes(np.arange(len(y), dtype=np.float64), y, (0.0, len(y) - 1.0), 40)
    drawn = raster(low, high, (0.0, 1.0), 16)
    columns = [set(np.flatnonzero(column)) for column in drawn.dots.T]
    assert all(columns)
    for left, right in pairwise(columns):
        assert min(abs(a - b) for a in left for b in right) <= 1
    assert not drawn.above.any()
    assert not drawn.below.any()


def test_what_goes_beyond_the_field_is_cut_and_told() -> None:
    line = np.array([0.5, 3.0, 3.0, 0.5, -2.0, np.nan])
    drawn = raster(line, line, (0.0, 1.0), 8)
    assert drawn.above.tolist() == [False, True, True, False, False, False]
    assert drawn.below.tolist() == [False, False, False, False, True, False]
    assert not drawn.dots[:, 2].any()
    assert drawn.dots[0, 3]


def test_a_band_has_every_dot_between_its_edges() -> None:
    dots = filled(np.array([0.0, 0.25, np.nan]), np.array([1.0, 0.5, np.nan]), (0.0, 1.0), 5)
    assert dots.sum(axis=0).tolist() == [5, 2, 0]


@pytest.mark.parametrize(
    ("row", "column", "sign"), [(0, 0, "⠁"), (1, 0, "⠂"), (2, 0, "⠄"), (3, 0, "⡀"), (0, 1, "⠈"), (3, 1, "⢀")]
)
def test_dots_stand_where_braille_has_them(row: int, column: int, sign: str) -> None:
    dots = np.zeros((4, 2), dtype=bool)
    assert cell_lines(cell_codes(dots, Dots.BRAILLE)) == [" "]
    dots[row, column] = True
    assert cell_lines(cell_codes(dots, Dots.BRAILLE)) == [sign]


def test_half_blocks_have_two_dots_and_ascii_one() -> None:
    dots = np.array([[True, False, True, False], [False, True, True, False]])
    assert cell_lines(cell_codes(dots, Dots.HALF)) == ["▀▄█ "]
    assert cell_lines(cell_codes(dots, Dots.ASCII, "x")) == ["x x ", " xx "]
