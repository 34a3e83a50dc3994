"""Curves that grow behind their readers."""

from __future__ import annotations

import math
from array import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.monitor.curves import Curve


def points(*steps: float) -> tuple[array[float], array[float], array[float]]:
    """Of the values 10 times the step."""
    return array("d", steps), array("d", [100 + step for step in steps]), array("d", [10 * step for step in steps])


def curve(*steps: float) -> Curve:
    return Curve().extended(*points(*steps))


def test_a_longer_curve_shares_the_columns_and_the_shorter_one_stays_as_it_was() -> None:
    short = curve(1, 2)
    seen = np.frombuffer(short.values)
    long = short.extended(*points(3))
    assert list(long.values) == [10, 20, 30]
    assert list(short.values) == seen.tolist() == [10, 20]
    assert np.shares_memory(seen, np.frombuffer(long.values))


def test_two_curves_that_go_on_from_one_do_not_see_each_other() -> None:
    short = curve(1, 2)
    one, other = short.extended(*points(3)), short.extended(*points(4))
    assert (list(one.steps), list(other.steps)) == ([1, 2, 3], [1, 2, 4])


def test_a_curve_that_was_cut_goes_on_without_changing_the_whole_one() -> None:
    whole = curve(1, 2, 3)
    cut = whole.before(2)
    repeated = cut.extended(*points(2.5))
    assert (list(cut.steps), list(repeated.steps), list(whole.steps)) == ([1], [1, 2.5], [1, 2, 3])


@given(st.lists(st.lists(st.integers(0, 100), max_size=40), max_size=8))
def test_a_curve_in_pieces_is_the_curve_at_once_and_every_piece_stays(pieces: list[list[int]]) -> None:
    seen = [Curve()]
    for piece in pieces:
        seen.append(seen[-1].extended(*points(*piece)))
    for count, partial in enumerate(seen):
        steps = [step for piece in pieces[:count] for step in piece]
        assert list(partial.steps) == steps
        assert partial == curve(*steps)
        assert list(partial.times) == [100 + step for step in steps]
    assert seen[-1] != seen[-1].extended(*points(1))


def test_readers_cannot_write_and_curves_are_compared_by_their_points() -> None:
    with pytest.raises(TypeError):
        curve(1).values[0] = 2.0
    lost = Curve().extended(array("d", [1]), array("d", [1]), array("d", [math.nan]))
    assert lost == Curve().extended(array("d", [1]), array("d", [1]), array("d", [math.nan]))
    assert lost != curve(1)
    assert (lost.last, curve(1, 2).last, Curve().last) == (None, 20, None)
    assert curve(1) != "a curve"


def test_a_long_curve_takes_less_than_40_bytes_a_point() -> None:
    grown = Curve()
    for step in range(10_000):
        grown = grown.extended(*points(step))
    capacity = memoryview(grown.steps.obj).nbytes // 8
    assert 24 * capacity < 40 * len(grown)
