"""How steady a run was."""

from __future__ import annotations

import math

import numpy as np
import pytest

from iqa_tui.results.intervals.stability import Stability, stability

STEPS = 2000


def norms(sd: float, scale: float = 1.0, seed: int = 0) -> list[float | None]:
    noise = np.random.default_rng(seed).normal(0, sd, STEPS)
    fall = np.linspace(0, -3, STEPS)  # gradients shrink as a run learns, which is not unsteady
    return list(scale * np.exp(noise + fall))


def test_it_finds_the_spread_of_the_gradient_around_its_course_whatever_the_scale() -> None:
    one, thousand = (stability(norms(0.3, scale), [1.0] * STEPS, []).sd for scale in (1.0, 1000.0))
    assert one == pytest.approx(0.3, rel=0.08)
    assert thousand == pytest.approx(one)


def test_a_wild_beginning_does_not_count() -> None:
    steady = norms(0.1)
    wild = [value * 1000 if place % 2 else value for place, value in enumerate(norms(0.1)[:100])] + steady[100:]
    assert stability(wild, [1.0] * STEPS, []).sd == pytest.approx(stability(steady, [1.0] * STEPS, []).sd, rel=0.02)


def test_norms_that_are_0_or_null_are_counted_apart() -> None:
    values = norms(0.2)
    values[500], values[501], values[502] = 0.0, None, math.nan
    found = stability(values, [1.0] * STEPS, [])
    assert (found.zero_norms, found.missing_norms, found.steps) == (1, 2, 1900 - 3)
    assert found.sd is not None


def test_spikes_and_steps_that_are_not_finite_are_counted() -> None:
    losses: list[float | None] = list(np.random.default_rng(1).normal(1, 0.02, STEPS))
    for place in (300, 900, 1500):
        losses[place] = 5.0
    losses[5], losses[700] = None, math.inf
    found = stability(norms(0.2), losses, [])
    assert (found.spikes, found.not_finite) == (3, 2)


def test_the_largest_fall_is_between_epochs_that_follow_each_other() -> None:
    assert stability([], [], [0.80, 0.85, None, 0.82, 0.84]).largest_fall == pytest.approx(0.03)
    assert stability([], [], [0.8, 0.9]).largest_fall == 0.0
    assert stability([], [], [0.8]).largest_fall is None


def test_too_few_steps_have_no_spread() -> None:
    assert stability([1.0, 2.0] * 5, [1.0, 2.0] * 5, []) == Stability(steps=9)
    assert Stability().ln_sd is None
    assert Stability(sd=0.0).ln_sd is None
    assert Stability(sd=0.5).ln_sd == pytest.approx(math.log(0.5))
