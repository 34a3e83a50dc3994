"""KRCC (Kendall's tau-b), and its value without each image in turn: the jackknife.

A resample repeats images, so it has ties that the real scores lack, and tau-b depends on ties. Leaving out one image at
a time makes none, and needs a single pass over all pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iqa_tui.results.intervals.cancelling import Steps
from iqa_tui.results.intervals.correlation import dense_ranks
from iqa_tui.results.intervals.scores import Floats, Integers

MOST_IMAGES = 30_000
"""All pairs of more would take minutes: there is a value then, and no interval."""
PAIRS_AT_ONCE = 2 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Kendall:
    """Of one run."""

    value: float | None
    """None if undefined."""
    without: Floats | None
    """(units,) the value without each unit; None if undefined."""


def kendall(pred: Floats, mos: Floats, units: Integers, steps: Steps) -> Kendall:
    """The value and its jackknife.

    Args:
        pred: (N,) predictions.
        mos: (N,) opinions.
        units: (N,) number of what is left out together, from 0 on.
        steps: asked whether to go on.

    Raises:
        Cancelled: asked to stop.
    """
    if len(mos) > MOST_IMAGES:
        return Kendall(_by_sorting(pred, mos), None)
    own, opinions = dense_ranks(pred), dense_ranks(mos)
    signs = np.zeros(len(mos), dtype=np.int64)
    rows = max(1, PAIRS_AT_ONCE // max(len(mos), 1))
    for start in range(0, len(mos), rows):
        block = slice(start, start + rows)
        signs[block] = (_signs(own, block) * _signs(opinions, block)).sum(axis=1, dtype=np.int64)
        steps.step(0)
    return _leave_out(_Pairs(own, opinions, signs), units)


def _by_sorting(pred: Floats, mos: Floats) -> float | None:
    from scipy import stats  # noqa: PLC0415  half a second, for tables that most users never have

    value = float(stats.kendalltau(pred, mos).statistic)
    return value if np.isfinite(value) else None


def _signs(ranks: Integers, block: slice) -> np.ndarray[tuple[int, int], np.dtype[np.int8]]:
    """(block, N): 1 if the image of the block is higher, −1 if it is lower, 0 if equal."""
    own = ranks[block, None]
    return (own > ranks).view(np.int8) - (own < ranks).view(np.int8)


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Of each image with all others."""

    ranks: Integers
    opinions: Integers
    signs: np.ndarray[tuple[int], np.dtype[np.int64]]
    """Agreeing pairs less disagreeing ones."""


def _leave_out(pairs: _Pairs, units: Integers) -> Kendall:
    count = len(units)
    unit_count = int(units.max(initial=-1)) + 1
    ties = [np.bincount(ranks)[ranks] - 1 for ranks in (pairs.ranks, pairs.opinions)]
    totals = [np.int64(each.sum() // 2) for each in (pairs.signs, *ties)]
    of_unit = [np.bincount(units, each, unit_count) for each in (pairs.signs, *ties)]
    sizes = np.bincount(units, minlength=unit_count)
    for unit in np.flatnonzero(sizes > 1):  # a pair within a unit was counted from both of its ends
        members = np.flatnonzero(units == unit)
        within = slice(0, len(members))
        own, opinions = pairs.ranks[members], pairs.opinions[members]
        signs = [_signs(ranks, within) for ranks in (own, opinions)]
        of_unit[0][unit] -= (signs[0] * signs[1]).sum(dtype=np.int64) / 2
        for each, sign in zip(of_unit[1:], signs, strict=True):
            each[unit] -= ((sign == 0).sum() - len(members)) / 2
    left = count - sizes
    without = _tau(
        left * (left - 1) / 2,
        *(np.asarray(total - each, dtype=np.float64) for total, each in zip(totals, of_unit, strict=True)),
    )
    value = _tau(np.array([count * (count - 1) / 2]), *(np.array([float(total)]) for total in totals))[0]
    return Kendall(float(value), without) if np.isfinite(value) else Kendall(None, None)


def _tau(pairs: Floats, signs: Floats, tied: Floats, tied_opinions: Floats) -> Floats:
    with np.errstate(all="ignore"):
        return np.asarray(signs / np.sqrt((pairs - tied) * (pairs - tied_opinions)), dtype=np.float64)
