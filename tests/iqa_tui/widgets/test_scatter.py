"""Points in a plane, as lines of text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.widgets.scatter import Scatter, cloud


def test_corners_stand_in_the_corners() -> None:
    assert cloud([(0, 0), (1, 1)], (3, 2), ascii_only=True) == ["  *", "*  "]
    assert cloud([(0, 0), (1, 1)], (2, 1), ascii_only=False) == ["\u2840\u2808"]


def test_points_of_one_value_stand_in_the_middle() -> None:
    assert cloud([(5, 7), (5, 7)], (3, 3), ascii_only=True) == ["   ", " * ", "   "]


numbers = st.floats(-1e6, 1e6)


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=30), st.integers(1, 30), st.integers(1, 12))
def test_every_point_is_in_the_picture(points: list[tuple[float, float]], columns: int, rows: int) -> None:
    lines = cloud(points, (columns, rows), ascii_only=True)
    assert [len(line) for line in lines] == [columns] * rows
    assert 1 <= sum(line.count("*") for line in lines) <= len(points)


@pytest.mark.parametrize("size", [(1, 1), (12, 2), (14, 3), (40, 10)])
def test_it_is_drawn_at_any_size(size: tuple[int, int]) -> None:
    plot = Scatter(id="s")
    plot._points, plot._names = ((1.0, 2.0), (3.0, 4.0)), ("MOS", "pred")
    lines = plot.draw(*size)
    assert len(lines) <= size[1]
    if size == (40, 10):
        text = ["".join(span for span, _ in line) for line in lines]
        assert {len(line) for line in text} == {40}
        assert text[0].startswith("       4┤")
        assert "MOS" in text[-1]
        assert "pred" in text[4]


def rows(plot: Scatter, width: int, height: int) -> list[str]:
    return ["".join(text for text, _ in line) for line in plot.draw(width, height)]


def test_the_line_hides_points_and_the_mark_hides_both() -> None:
    plot = Scatter(id="s", ascii_mode=True)
    plot._points, plot._line, plot._marked = ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0)), ((0.0, 0.0), (4.0, 4.0)), (4.0, 0.0)
    assert [line[9:] for line in rows(plot, 14, 6)[:5]] == ["    #", "   # ", "  #  ", " #   ", "#   @"]
    styles = {style for line in plot.draw(14, 6) for text, style in line if "#" in text}
    assert styles == {"strong"}


def test_a_line_that_leaves_the_range_of_the_points_is_cut() -> None:
    plot = Scatter(id="s", ascii_mode=True)
    plot._points, plot._line = ((0.0, 0.0), (4.0, 4.0)), ((-4.0, -4.0), (8.0, 8.0))
    drawn = rows(plot, 14, 6)
    assert {len(line) for line in drawn} == {14}
    assert sum(line.count("#") for line in drawn) == 5
