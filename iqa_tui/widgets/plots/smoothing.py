"""Smoothing of curves: an exponential moving average that goes on where it stopped when points are added."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BLOCK = 64
"""Points that `smooth` takes at once; the carry from block to block is smoothed by the same rule."""
NO_BIAS = 1e-17
"""A weight that has decayed to this changes no double that it is subtracted from."""


def smooth(values: Floats, weight: float) -> Floats:
    """Exponential moving average, each value weighed against those before it, without a bias to zero at the start.

    Args:
        values: (N,) finite.
        weight: of what came before, 0 (nothing is smoothed) to below 1.
    """
    if weight <= 0.0 or len(values) < 2:
        return values
    return _without_bias(_decaying_sum(values, weight), weight, 0)


class Smoothing:
    """The smoothed values of a curve that grows. What was smoothed before is not smoothed again."""

    def __init__(self, weight: float) -> None:
        self.weight = weight
        self._last_sum = 0.0
        self._smoothed = np.empty(0)
        self._count = 0

    @property
    def count(self) -> int:
        """Values that were smoothed."""
        return self._count

    def of(self, values: Floats) -> Floats:
        """The smoothed values.

        Args:
            values: (N,) finite; the first `count` are those of the last call.
        """
        if self.weight <= 0.0 or len(values) < 2:
            return values
        if len(values) > self._count:
            self._take(values[self._count :])
        return self._smoothed[: self._count]

    def _take(self, values: Floats) -> None:
        sums = _decaying_sum(values, self.weight)
        if self._count:
            head = min(len(values), _places_until_no_bias(self.weight))
            sums[:head] += self._last_sum * self.weight ** np.arange(1, head + 1, dtype=np.float64)
        until = self._count + len(values)
        self._smoothed = _with_room(self._smoothed, self._count, until)
        self._smoothed[self._count : until] = _without_bias(sums, self.weight, self._count)
        self._last_sum, self._count = float(sums[-1]), until


def _with_room(array: Floats, count: int, wanted: int) -> Floats:
    """The array, or one of twice its length with the same first `count` values: readers keep the old one."""
    if len(array) >= wanted:
        return array
    larger = np.empty(max(wanted, 2 * len(array)))
    larger[:count] = array[:count]
    return larger


def _without_bias(sums: Floats, weight: float, before: int) -> Floats:
    """Args:
    sums: of the values from the `before`th on.
    """
    smoothed = (1.0 - weight) * sums
    head = max(0, min(len(sums), _places_until_no_bias(weight) - before))
    smoothed[:head] /= 1.0 - weight ** np.arange(before + 1, before + head + 1, dtype=np.float64)
    return smoothed


def _places_until_no_bias(weight: float) -> int:
    return math.ceil(math.log(NO_BIAS) / math.log(weight))


def _decaying_sum(values: Floats, weight: float) -> Floats:
    """s[i] = values[i] + weight · s[i − 1], in blocks: a product within, the same sum over the blocks' ends."""
    count = len(values)
    size = min(BLOCK, count)
    blocks = np.zeros((-(-count // size)) * size).reshape(-1, size)
    blocks.reshape(-1)[:count] = values
    powers = weight ** np.arange(size, dtype=np.float64)
    age = np.arange(size)[:, None] - np.arange(size)
    lower = np.where(age >= 0, powers[np.abs(age)], 0.0)
    sums = blocks @ lower.T
    if len(blocks) > 1:
        carried = _decaying_sum(sums[:, -1], weight**size)
        sums[1:] += carried[:-1, None] * (weight * powers)
    return np.asarray(sums.reshape(-1)[:count])
