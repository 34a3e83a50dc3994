"""Smoothing in blocks and in pieces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.widgets.plots.smoothing import BLOCK, Floats, Smoothing, smooth


def step_by_step(values: Floats, weight: float) -> list[float]:
    total, expected = 0.0, []
    for number, value in enumerate(values, 1):
        total = weight * total + (1 - weight) * value
        expected.append(total / (1 - weight**number))
    return expected


@pytest.mark.parametrize("count", [2, BLOCK - 1, BLOCK, BLOCK + 1, 40 * BLOCK + 7, BLOCK * BLOCK * 2])
@pytest.mark.parametrize("weight", [0.6, 0.99])
def test_smoothing_in_blocks_is_smoothing_step_by_step(count: int, weight: float) -> None:
    values = np.random.default_rng(count).normal(size=count)
    np.testing.assert_allclose(smooth(values, weight), step_by_step(values, weight), rtol=1e-9)


def test_no_smoothing_changes_nothing() -> None:
    values = np.array([3.0, 1.0, 2.0])
    assert smooth(values, 0.0) is values
    assert Smoothing(0.0).of(values) is values


@given(st.lists(st.integers(1, 500), min_size=1, max_size=8), st.sampled_from([0.6, 0.9, 0.99]))
def test_a_curve_that_grows_is_smoothed_as_if_it_had_come_at_once(pieces: list[int], weight: float) -> None:
    values = np.random.default_rng(len(pieces)).normal(size=sum(pieces))
    growing = Smoothing(weight)
    for until in np.cumsum(pieces):
        np.testing.assert_allclose(growing.of(values[:until]), smooth(values[:until], weight), rtol=1e-9, atol=1e-12)


def test_what_a_reader_holds_does_not_change_when_the_curve_grows() -> None:
    values = np.random.default_rng(1).normal(size=300)
    growing = Smoothing(0.9)
    held = growing.of(values[:100])
    before = held.copy()
    growing.of(values)
    np.testing.assert_array_equal(held, before)


def test_only_new_values_are_smoothed(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    whole = Smoothing._take
    monkeypatch.setattr(Smoothing, "_take", lambda self, values: (taken.append(len(values)), whole(self, values)))
    growing, values = Smoothing(0.9), np.ones(1000)
    for until in (900, 900, 1000):
        growing.of(values[:until])
    assert taken == [900, 100]
