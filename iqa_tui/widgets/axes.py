"""Where the ticks of an axis stand and what they say: 1, 2 or 5 times a power of ten apart, so they rarely move."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
NARROWEST = 1e-12
"""A range that is a smaller part of its values is none: a float could not tell its ticks apart."""


@dataclass(frozen=True, slots=True)
class Ticks:
    """From the first to the last, `step` apart."""

    low: float
    high: float
    step: float

    @property
    def places(self) -> list[float]:
        first, last = round(self.low / self.step), round(self.high / self.step)
        return [number * self.step for number in range(first, last + 1)]

    def words(self, width: int) -> list[str]:
        """What each place is called, in at most `width` characters."""
        return tick_words(self.places, self.step, width)


@dataclass(frozen=True, slots=True)
class LogTicks:
    """Ticks of a logarithmic axis; all are log10 of what they stand for."""

    low: float
    high: float
    places: list[float]

    def words(self, width: int) -> list[str]:
        """`0.002`, `0.5`, `20`, `1e-07`."""
        return [f"{10**place:.3g}"[:width] for place in self.places]


def round_ticks(low: float, high: float, most: int, *, unit: float = 1.0, least_step: float = 0.0) -> Ticks:
    """At most about `most` ticks that enclose `low` to `high`.

    Args:
        unit: ticks are round numbers of this, for example 60.0 for minutes on an axis of seconds.
        least_step: 1.0 for what is counted, of which there are no halves.
    """
    if high - low <= NARROWEST * max(abs(low), abs(high)):
        margin = abs(low) * 0.1 or 1.0
        low, high = low - margin, high + margin
    rough = (high - low) / unit / max(1, most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999) * unit
    step = max(step, least_step)
    return Ticks(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, step)


def log_ticks(low: float, high: float, most: int) -> LogTicks:
    """At most about `most` ticks that enclose `low` to `high`: 1, 2 and 5, or 1 and 3, or powers of ten alone.

    Args:
        low: log10 of the smallest value.
        high: log10 of the largest.
    """
    first, last = math.floor(low + 1e-9), math.ceil(high - 1e-9)
    last = max(last, first + 1)
    for mantissas in ((1, 2, 5), (1, 3), (1,)):
        candidates = [power + math.log10(factor) for power in range(first, last) for factor in mantissas] + [last]
        below = max((place for place in candidates if place <= low + 1e-9), default=candidates[0])
        above = min((place for place in candidates if place >= high - 1e-9), default=candidates[-1])
        places = [place for place in candidates if below <= place <= above]
        if len(places) < 2:
            places = [place for place in candidates if place >= below][:2]
        if len(places) <= most:
            break
    thinned = places[:: math.ceil(len(places) / max(1, most))]
    return LogTicks(places[0], places[-1], thinned)


def tick_words(places: Sequence[float], step: float, width: int) -> list[str]:
    """The ticks of plain numbers, all in one notation, with as many digits as a tick needs to differ from the next.

    If that takes more than `width` characters they are rounded, and several may be called the same.
    """
    fine = math.floor(math.log10(step) + 1e-9)
    coarse = max((math.floor(math.log10(abs(place))) for place in places if place), default=fine)
    exact = [_fixed(places, max(0, -fine)), _powers(places, max(0, coarse - fine))]
    is_plain = -4 < coarse < width
    rounded = [(_fixed if is_plain else _powers)(places, decimals) for decimals in range(width, -1, -1)]
    fitting = (words for words in [*exact, *rounded] if max(map(len, words)) <= width)
    return next(fitting, [words[:width] for words in _powers(places, 0)])


def _fixed(places: Sequence[float], decimals: int) -> list[str]:
    return [f"{place:.{decimals}f}" for place in places]


def _powers(places: Sequence[float], decimals: int) -> list[str]:
    """`1.2e-7`."""
    parts = [f"{place:.{decimals}e}".split("e") for place in places]
    return [
        f"{mantissa}e{int(power)}" if place else "0" for place, (mantissa, power) in zip(places, parts, strict=True)
    ]


def count_words(value: float) -> str:
    """`800`, `2 k`, `1.5 M`."""
    for limit, sign in ((1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.3g} {sign}"
    return f"{value:.0f}"


def time_unit(seconds: float) -> float:
    """The unit, in seconds, in which an axis that long reads best."""
    if seconds < 3 * MINUTE:
        return 1.0
    if seconds < 2 * HOUR:
        return MINUTE
    return HOUR if seconds < 4 * DAY else DAY


def time_words(seconds: float, unit: float) -> str:
    names = {1.0: "s", MINUTE: "min", HOUR: "h", DAY: "d"}
    return "0" if not seconds else f"{seconds / unit:.3g} {names[unit]}"
