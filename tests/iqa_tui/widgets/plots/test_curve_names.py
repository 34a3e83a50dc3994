"""Where the names of curves stand."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.widgets.plots.curve_names import CurveEnd, name_rows


def anywhere(_end: CurveEnd, _row: int) -> bool:
    return True


def end(value: float, row: int, *, start: int = 50, front: bool = False) -> CurveEnd:
    return CurveEnd(value, row, start, 2, front=front)


def test_names_stand_in_the_order_of_values_whatever_the_order_of_choosing() -> None:
    f1, f2, f3 = end(0.1123, 9), end(0.0512, 9), end(0.0167, 9)
    assert name_rows([f1, f2, f3], 12, anywhere) == [8, 9, 10]
    assert name_rows([f3, f1, f2], 12, anywhere) == [10, 8, 9]


def test_a_name_with_room_stands_beside_its_curve() -> None:
    assert name_rows([end(0.9, 1), end(0.5, 5), end(0.1, 9)], 12, anywhere) == [1, 5, 9]


def test_names_of_curves_that_end_elsewhere_need_no_order() -> None:
    assert name_rows([end(0.9, 4, start=10), end(0.5, 4, start=50)], 12, anywhere) == [4, 4]


def test_names_that_overlap_in_a_chain_are_put_in_one_order() -> None:
    ends = [end(0.3, 4, start=12), end(0.2, 4, start=11), end(0.1, 4, start=10)]
    rows = [row for row in name_rows(ends, 12, anywhere) if row is not None]
    assert len(rows) == 3
    assert rows == sorted(set(rows))


def test_a_name_leaves_a_place_that_is_taken() -> None:
    assert name_rows([end(0.5, 5)], 12, lambda _end, row: row not in (4, 5, 6, 7)) == [3]


def test_if_not_all_names_have_a_place_the_one_in_front_has() -> None:
    ends = [end(float(-number), 1, front=number == 4) for number in range(9)]
    rows = name_rows(ends, 3, anywhere)
    assert sum(row is not None for row in rows) == 3
    assert rows[4] is not None
    assert name_rows(ends, 3, lambda _end, _row: False) == [None] * 9
    assert name_rows([], 3, anywhere) == []


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40)), max_size=12), st.integers(1, 12))
def test_no_two_names_share_a_cell_and_lower_values_stand_lower(curves: list[tuple[float, int]], height: int) -> None:
    ends = [end(value, round((1 - value) * (height - 1)), start=start) for value, start in curves]
    shown = [(one, row) for one, row in zip(ends, name_rows(ends, height, anywhere), strict=True) if row is not None]
    assert len(shown) >= min(len(ends), height)
    for (one, row), (other, other_row) in pairwise(sorted(shown, key=lambda each: -each[0].value)):
        if abs(one.start - other.start) < 2 and one.value > other.value:
            assert row < other_row
