"""Where the ticks of an axis stand and what they say: 1, 2 or 5 times a power of ten apart, so they rarely move."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from iqa_tui.widgets.plots.series import XKind

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
NARROWEST = 1e-12
"""A range that is a smaller part of its values is none: a float could not tell its ticks apart."""
SMALLEST = 1e-290
"""A range below this has ticks that no float can hold."""
FINE = 4
"""The ends of an axis are multiples of this part of a tick, so that few new values move it."""
CLOCK_STEPS = (1, 5, 10, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE,
               HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 30 * DAY, 365 * DAY)  # fmt: skip
MOST_Y_TICKS = 9
CELLS_OF_A_TICK = {XKind.STEP: 10, XKind.EPOCH: 7, XKind.TIME: 12, XKind.CLOCK: 14}


@dataclass(frozen=True, slots=True)
class Axis:
    """From where to where it goes, and its ticks."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    """Place, growing, and what it is called; two are never called the same."""


def linear_axis(low: float, high: float, rows: int, width: int) -> Axis:
    """The axis y over at least `low` to `high`.

    Args:
        width: characters that a tick may take.
    """
    if high - low <= max(NARROWEST * max(abs(low), abs(high)), SMALLEST):
        margin = abs(low) * 0.1 or 1.0
        low, high = low - margin, high + margin
    step = _step(low, high, _most_ticks(rows))
    fine = step / FINE
    bottom, top = math.floor(low / fine + 1e-9) * fine, math.ceil(high / fine - 1e-9) * fine
    places = _multiples(bottom, top, step)
    return Axis(bottom, top, _named(places, tick_words(places, step, width)))


def log_axis(low: float, high: float, rows: int, width: int) -> Axis:
    """As `linear_axis`; all places are log10 of what they stand for: 1, 2 and 5, or 1 and 3, or powers of ten alone."""
    bottom, top = math.floor(low * 10 + 1e-9) / 10, math.ceil(high * 10 - 1e-9) / 10
    if top <= bottom:
        bottom, top = bottom - 0.1, bottom + 0.1
    most = max(_most_ticks(rows), min(MOST_Y_TICKS, (3 * rows + 2) // 4))  # more of them, as they are uneven
    powers = range(math.floor(bottom), math.ceil(top) + 1)
    for mantissas in ((1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 5), (1, 3), (1,)):
        places = [place for power in powers for factor in mantissas
                  if bottom - 1e-9 <= (place := power + math.log10(factor)) <= top + 1e-9]  # fmt: skip
        if len(places) <= most:
            break
    if not places:
        return Axis(bottom, top, _named([bottom, top], [f"{10.0**place:.2g}"[:width] for place in (bottom, top)]))
    places = places[:: math.ceil(len(places) / most)]
    words = [tick_words([10.0**place], 10.0 ** math.floor(place + 1e-9), width)[0] for place in places]
    return Axis(bottom, top, _named(places, words))


def x_ticks(low: float, high: float, width: int, kind: XKind) -> tuple[tuple[float, str], ...]:
    """The ticks between two places of the axis x, as many as its words leave air for."""
    most = max(2, width // CELLS_OF_A_TICK[kind] + 1)
    if high <= low:
        return ()
    if kind is XKind.CLOCK:
        return _clock_ticks(low, high, most)
    unit = time_unit(high) if kind is XKind.TIME else 1.0
    step = _step(low / unit, high / unit, most) * unit
    if kind is XKind.STEP or (kind is XKind.EPOCH and high - low >= 2):
        step = max(step, 1.0)  # there are no halves of what is counted
    places = _multiples(low, high, step)
    if kind is XKind.TIME:
        return _named(places, [time_words(place, unit) for place in places])
    if kind is XKind.EPOCH:
        return _named(places, [f"{place + 0.0:.6g}" for place in places])
    words = [count_words(place) for place in places]
    return _named(places, words if len(set(words)) == len(words) else [f"{place:.0f}" for place in places])


def _most_ticks(rows: int) -> int:
    return max(2, min(MOST_Y_TICKS, (2 * rows + 1) // 3))


def _step(low: float, high: float, most: int) -> float:
    """The smallest round step of which no more than `most` multiples lie between the two."""
    power = 10.0 ** math.floor(math.log10((high - low) / (most + 1)))
    steps = (factor * power * ten for ten in (1, 10, 100) for factor in (1, 2, 5))
    return next(step for step in steps if len(_multiples(low, high, step)) <= most)


def _multiples(low: float, high: float, step: float) -> list[float]:
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def _named(places: Sequence[float], words: Sequence[str]) -> tuple[tuple[float, str], ...]:
    """Of those that are called the same, the first."""
    first: dict[str, float] = {}
    for place, name in zip(places, words, strict=True):
        first.setdefault(name, place)
    return tuple((place, name) for name, place in first.items())


def _clock_ticks(low: float, high: float, most: int) -> tuple[tuple[float, str], ...]:
    step = next((step for step in CLOCK_STEPS if step >= (high - low) / most), CLOCK_STEPS[-1])
    local = float(time.localtime(low).tm_gmtoff)  # so that ticks stand on whole hours and days of here
    places = [place - local for place in _multiples(low + local, high + local, step)]
    form = "%d %b" if step >= DAY else "%H:%M" if step >= MINUTE else "%H:%M:%S"
    return _named(places, [time.strftime(form, time.localtime(place)) for place in places])


def tick_words(places: Sequence[float], step: float, width: int) -> list[str]:
    """The ticks of plain numbers, all in one notation, with as many digits as a tick needs to differ from the next.

    If that takes more than `width` characters they are rounded, and several may be called the same.
    """
    fine = math.floor(math.log10(step) + 1e-9)
    coarse = max((math.floor(math.log10(abs(place))) for place in places if place), default=fine)
    is_plain = -4 < coarse < width
    exact = [_fixed(places, max(0, -fine)), _powers(places, max(0, coarse - fine))]
    if coarse <= -4:  # 3e-4 rather than 0.0003, as learning rates are written
        exact.reverse()
    rounded = [(_fixed if is_plain else _powers)(places, decimals) for decimals in range(width, -1, -1)]
    fitting = (words for words in [*exact, *rounded] if max(map(len, words), default=0) <= width)
    return next(fitting, [words[:width] for words in _powers(places, 0)])


def _fixed(places: Sequence[float], decimals: int) -> list[str]:
    return [f"{place + 0.0:.{decimals}f}" for place in places]


def _powers(places: Sequence[float], decimals: int) -> list[str]:
    """`1.2e-7`."""
    parts = [f"{place:.{decimals}e}".split("e") for place in places]
    return [
        f"{mantissa}e{int(power)}" if place else "0" for place, (mantissa, power) in zip(places, parts, strict=True)
    ]


def count_words(value: float) -> str:
    """`800`, `2k`, `1.5M`."""
    for limit, sign in ((1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.3g}{sign}"
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


def x_words(place: float, kind: XKind) -> str:
    """One place of the axis x in full: `step 1240`, `epoch 3.2`, `after 1.5 h`, `14:02:07`."""
    if kind is XKind.CLOCK:
        return time.strftime("%d %b %H:%M:%S", time.localtime(place))
    if kind is XKind.TIME:
        return f"after {time_words(place, time_unit(place))}"
    return f"{kind.value} {place:.2f}" if kind is XKind.EPOCH else f"{kind.value} {place:,.0f}"
