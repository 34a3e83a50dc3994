"""What a log asks of colours and type (SGR), as names of styles: `ink-1 on-ink-4 strong`.

An ink is one of the 256 colours of a terminal; the widget that draws it chooses what can be read on its background.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

INK, ON_INK = "ink-", "on-ink-"

ON = {1: "strong", 2: "dim", 4: "underline", 7: "reverse"}
OFF = {21: ("strong",), 22: ("strong", "dim"), 24: ("underline",), 27: ("reverse",), 39: (INK,), 49: (ON_INK,)}
EXTENDED = {38: INK, 48: ON_INK, 58: ""}
"""Codes that take a colour as further numbers; that of underlines is not drawn."""
BRIGHT = 8
STEPS = (0, 95, 135, 175, 215, 255)
"""Of red, green and blue in the cube of colours 16 to 231."""
MOST_NUMBERS = 32


@lru_cache(maxsize=4096)
def styled(names: str, parameters: str) -> str:
    """The styles after an SGR sequence.

    Args:
        names: those before it.
        parameters: what stands between `ESC [` and `m`.
    """
    styles = dict.fromkeys(names.split())
    codes = _codes(parameters)
    for code in codes:
        if code == 0:
            styles.clear()
        elif code in ON:
            styles[ON[code]] = None
        elif code in OFF:
            _drop(styles, *OFF[code])
        elif code in EXTENDED:
            colour = _extended(codes)
            if colour is not None and EXTENDED[code]:
                _set(styles, EXTENDED[code], colour)
        elif 30 <= code % 60 <= 47 and code < 108 and code % 10 < 8:  # 30 to 37, 40 to 47, 90 to 97, 100 to 107
            _set(styles, INK if code % 60 < 40 else ON_INK, code % 10 + (BRIGHT if code >= 90 else 0))
    return " ".join(styles)


def _codes(parameters: str) -> Iterator[int]:
    """The numbers. `38:2::1:2:3` is `38;2;1;2;3`, and of `4:3` (a wavy line) the 3 is no code of its own."""
    for part in parameters.split(";")[:MOST_NUMBERS]:
        first, *rest = part.split(":")
        numbers = [_number(first)]
        if numbers[0] in EXTENDED:
            given = [_number(each) for each in rest if each]
            numbers += given[:1] + given[-3:] if given[:1] == [2] else given
        elif numbers == [4] and rest == ["0"]:
            numbers = [24]
        yield from numbers


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 0 if not text else -1


def _extended(codes: Iterator[int]) -> int | None:
    """The ink that the next numbers name; None if they name none."""
    kind = next(codes, None)
    if kind == 5:
        ink = next(codes, -1)
        return ink if 0 <= ink < 256 else None
    if kind == 2:
        red, green, blue = (next(codes, -1) for _ in range(3))
        return nearest_ink(red, green, blue) if min(red, green, blue) >= 0 and max(red, green, blue) < 256 else None
    return None


def nearest_ink(red: int, green: int, blue: int) -> int:
    """Of the 256 colours one that is like this one: the eye tells more apart, the text of a log needs no more."""
    if max(red, green, blue) - min(red, green, blue) < 10:
        grey = round((red - 8) / 10)
        if 0 <= grey < 24:
            return 232 + grey
    levels = [min(range(6), key=lambda level: abs(STEPS[level] - part)) for part in (red, green, blue)]
    return 16 + 36 * levels[0] + 6 * levels[1] + levels[2]


def _set(styles: dict[str, None], kind: str, ink: int) -> None:
    _drop(styles, kind)
    styles[f"{kind}{ink}"] = None


def _drop(styles: dict[str, None], *names: str) -> None:
    for name in [each for each in styles if each.startswith(names)]:
        del styles[name]
