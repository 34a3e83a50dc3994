"""Student's t for sums of independent parts, and Holm's correction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special

POWER = 0.80
"""The share of tries in which `min_detectable` would be found."""


@dataclass(frozen=True, slots=True)
class Part:
    """One source of noise."""

    variance: float
    """Of the mean that it makes uncertain: a squared standard error."""
    df: float
    """Degrees of freedom with which it is known."""


def together(parts: Sequence[Part]) -> tuple[float, float | None]:
    """Standard error and degrees of freedom of a sum, after Welch and Satterthwaite.

    Returns:
        A part of variance 0 adds no degrees of freedom; (0, None) if all are 0.
    """
    variance = math.fsum(part.variance for part in parts)
    if variance <= 0:
        return 0.0, None
    shares = math.fsum((part.variance / variance) ** 2 / part.df for part in parts)
    return math.sqrt(variance), 1 / shares


def quantile(probability: float, df: float) -> float:
    """The t that is not exceeded with this probability."""
    return float(special.stdtrit(df, probability))


def half_width(level: float, se: float, df: float) -> float:
    """Half the length of an interval of this level."""
    return quantile((1 + level) / 2, df) * se


def two_sided_p(value: float, se: float, df: float) -> float:
    """How probable a value at least so far from 0 is if the true one is 0."""
    return float(2 * special.stdtr(df, -abs(value) / se))


def detectable(se: float, df: float) -> float:
    """The smallest true difference that would be found in four of five tries at the level of 95%."""
    return (quantile(0.975, df) + quantile(POWER, df)) * se


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Each p adjusted for all that are there, in the order given; None stays None and does not count."""
    known = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for done, (p, place) in enumerate(known):
        largest = max(largest, min(1.0, (len(known) - done) * p))
        adjusted[place] = largest
    return adjusted
