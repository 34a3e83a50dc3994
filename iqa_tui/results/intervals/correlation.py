"""SRCC, PLCC and RMSE of scores, by numpy alone: the same numbers as the trainer's."""

from __future__ import annotations

import numpy as np

from iqa_tui.results.intervals.scores import Floats, Integers

CORRELATIONS = frozenset(("srcc", "plcc", "plcc_fitted", "krcc"))
LOWER_IS_BETTER = frozenset(("rmse", "hours", "ln_stability"))


def is_constant(values: Floats) -> bool:
    """Whether no two differ; true of none at all."""
    return len(values) == 0 or bool((values == values[0]).all())


def unit_of(values: Floats) -> float:
    """A power of two near the largest magnitude; division by it keeps every digit, and squares stay in range."""
    largest = min(float(np.abs(values).max(initial=0.0)), float(np.finfo(np.float64).max))
    return float(2.0 ** np.clip(np.frexp(largest)[1], -1020, 1023)) if largest else 1.0


def mid_ranks(values: Floats) -> Floats:
    """(N,) places from 1 on; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[inverse], dtype=np.float64)


def dense_ranks(values: Floats) -> Integers:
    """(N,) places from 0 on; equal values have one place, and no place is left out."""
    return np.asarray(np.unique(values, return_inverse=True)[1], dtype=np.intp)


def plcc(pred: Floats, mos: Floats) -> float | None:
    """Pearson's linear correlation; None if undefined."""
    if len(pred) < 2 or is_constant(pred) or is_constant(mos):
        return None
    x, y = (centred(values) for values in (pred, mos))
    with np.errstate(all="ignore"):
        value = float(x @ y / np.sqrt((x @ x) * (y @ y)))
    return min(max(value, -1.0), 1.0) if np.isfinite(value) else None


def srcc(pred: Floats, mos: Floats) -> float | None:
    """Spearman's rank correlation; None if undefined."""
    return plcc(mid_ranks(pred), mid_ranks(mos))


def rmse(pred: Floats, mos: Floats) -> float | None:
    """Root mean squared error; None without images."""
    if len(pred) == 0:
        return None
    errors = pred - mos
    unit = unit_of(errors)
    value = float(np.sqrt(np.mean((errors / unit) ** 2)) * unit)
    return value if np.isfinite(value) else None


def centred(values: Floats) -> Floats:
    """(N,) in units of `unit_of`, with mean 0."""
    scaled = values / unit_of(values)
    return np.asarray(scaled - scaled.mean(), dtype=np.float64)
