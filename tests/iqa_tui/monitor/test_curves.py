"""Curves that grow behind their readers."""

from __future__ import annotations

import math
import random
from array import array
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.monitor import curves
from iqa_tui.monitor.curves import Curve
from iqa_tui.monitor.thinning import thinned


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


def test_a_long_curve_takes_less_than_28_bytes_a_point() -> None:
    grown = Curve()
    for step in range(10_000):
        grown = grown.extended(*points(step))
    capacity = memoryview(grown.steps.obj).nbytes // 8
    assert 24 * capacity < 28 * len(grown)


VALUES = st.one_of(st.floats(-9, 9), st.just(math.nan))


@given(st.lists(VALUES, min_size=1, max_size=60), st.integers(2, 8))
def test_a_thinned_curve_keeps_lowest_and_highest_of_each_group(values: list[float], group: int) -> None:
    columns = (array("d", range(len(values))), array("d", range(len(values))), array("d", values))
    steps, times, kept = thinned(columns, group)
    assert steps == times
    assert list(steps) == sorted(set(steps))
    for begin in range(0, len(values), group):
        part = [value for value in values[begin : begin + group] if not math.isnan(value)]
        told = [value for step, value in zip(steps, kept, strict=True) if begin <= step < begin + group]
        assert 1 <= len(told) <= 2
        if part:
            finite = [value for value in told if not math.isnan(value)]
            assert (min(finite), max(finite)) == (min(part), max(part))


def test_a_long_curve_has_a_bounded_length_and_its_newest_points_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "MOST_RAW_POINTS", 32)
    monkeypatch.setattr(curves, "MOST_THINNED_POINTS", 24)
    rng = random.Random(1)
    steps = array("d", range(1, 2001))
    values = array("d", [rng.random() for _ in steps])
    grown = Curve()
    for begin in range(0, 2000, 7):
        piece = slice(begin, begin + 7)
        grown = grown.extended(steps[piece], steps[piece], values[piece])
        assert len(grown) < 32 + 24
    assert grown == Curve().extended(steps, steps, values)
    assert list(grown.steps) == sorted(set(grown.steps))
    assert list(grown.steps[-16:]) == list(range(1985, 2001))
    assert (min(grown.values), max(grown.values)) == (min(values), max(values))
    assert all(value == values[int(step) - 1] for step, value in zip(grown.steps, grown.values, strict=True))
    oldest = [step for step in grown.steps if step < 1900]
    assert max(b - a for a, b in pairwise(oldest)) < 3 * 2000 / len(grown) * 4  # as dense at the beginning as later
