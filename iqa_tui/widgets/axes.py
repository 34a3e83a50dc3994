"""Where the ticks of an axis stand and what they say: 1, 2 or 5 times a power of ten apart, so they rarely move."""

from __future__ import annotations

import math
from dataclasses import dataclass

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


@dataclass(frozen=True, slots=True)
class Ticks:
    """From the first to the last, `step` apart."""

    low: float
    high: float
    step: float

    @property
    def places(self) -> list[float]:
        count = round((self.high - self.low) / self.step)
        return [self.low + number * self.step for number in range(count + 1)]


def round_ticks(low: float, high: float, most: int, *, unit: float = 1.0) -> Ticks:
    """At most about `most` ticks that enclose `low` to `high`.

    Args:
        unit: ticks are round numbers of this, for example 60.0 for minutes on an axis of seconds.
    """
    if high <= low:
        margin = abs(low) * 0.1 or 1.0
        low, high = low - margin, high + margin
    rough = (high - low) / unit / max(1, most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999) * unit
    return Ticks(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, step)


def value_words(value: float, step: float) -> str:
    """A tick of a plain number, with as many decimals as its neighbour needs to differ."""
    if step >= 10_000 or (step < 1e-4 and value):
        return f"{value:.1e}"
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value:.{decimals}f}"


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
