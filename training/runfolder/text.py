"""The gate for text that comes from files: a person sees all of it as text, and no terminal obeys any of it.

A label, a cause, the holder of a lease, the name of a folder: any user of the machine may have written it, and a
terminal obeys what is printed (colours, the clipboard, the title, the direction of writing). Records keep what was
written, byte for byte, since programs rely on it; it passes here on its way to a screen, a terminal or an export.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterable
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")

ELLIPSIS = "…"
NUMBERS = (int, float, bool)
MOST_NESTED = 40
"""Levels of tables that are searched; what lies deeper is no text for people."""

BLANKS = "\t\n\v\f\r\x85\u2028\u2029"
"""Line ends and tabs. `\\x1c` to `\\x1f` are none, though Python splits lines there."""
JOINERS = "\u180b-\u180d\u180f\u200c\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0100-\U000e01ef"
"""They only choose how a neighbour is drawn: variation selectors, joiners, skin tones. Terminals disagree about the
cells that the two take together, so only the neighbour is kept.
"""
UNSEEN = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # controls: ESC, DEL, CSI as one character
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u3164\ufeff\uffa0"  # take no place, or seem to
    "\u202a-\u202e\u2060-\u206f"  # the direction of writing, operators that are not drawn
    "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd\U00013430-\U0001343f"  # wrap what follows
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
    "\ud800-\udfff"  # halves of a character: bytes of a file name that are no UTF-8
)
"""Obeyed, invisible, or no character at all."""

HARMFUL = re.compile(f"\r\n|[{BLANKS}{JOINERS}{UNSEEN}]")
HARMFUL_IN_A_LINE = re.compile(f"[{BLANKS.replace(chr(10), '')}{JOINERS}{UNSEEN}]")
_JOINER = re.compile(f"[{JOINERS}]")


def plain(text: str, most: int | None = None) -> str:
    r"""The text as one harmless line.

    Line ends and tabs become a blank, since a plan's notes may have several lines and read well as one. Characters
    that only choose how a neighbour is drawn are left out. Every other control, unseen character or surrogate is
    written as Python writes it (`\x1b`, `\u202e`): it can be seen, and a terminal only prints it. A backslash is left
    alone: `\x1b` written as four characters does no harm. Printable ASCII never changes, and `plain(plain(text))` is
    `plain(text)`.

    Args:
        most: characters to keep; a longer text ends in `…`. None: all.
    """
    if not (text.isascii() and text.isprintable()):  # nearly every text is: 40 ns instead of a microsecond
        text = HARMFUL.sub(_visible, text)
    return text if most is None or len(text) <= most else text[: max(0, most - 1)] + ELLIPSIS


def plain_lines(text: str) -> str:
    """The text with each of its lines plain, for callers that print several lines."""
    return HARMFUL_IN_A_LINE.sub(_visible, text)


def _visible(match: re.Match[str]) -> str:
    sign = match[0]
    if sign[0] in BLANKS:
        return " "
    return "" if _JOINER.match(sign) else _escaped(sign)


def _escaped(sign: str) -> str:
    code = ord(sign)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def plain_copy(value: T, leave: Iterable[str] = ()) -> T:
    """The same value with every text in it plain: in dataclasses, tuples, lists and dicts (their keys too).

    A value without harmful text is returned itself, so a look at thousands of runs copies none of them.

    Args:
        leave: fields of the dataclass to keep as they are, if they are not shown, or pass here by themselves later.
    """
    copy: T = _plain_copy(value, frozenset(leave), MOST_NESTED)
    return copy


def _plain_copy(value: Any, leave: frozenset[str], depth: int) -> Any:
    if type(value) is str:
        return plain(value)
    if not value or type(value) in NUMBERS:
        return value
    if isinstance(value, dict):
        return _plain_table(value, depth - 1) if depth else ELLIPSIS
    if isinstance(value, list | tuple):
        items = [_plain_copy(each, leave, depth - 1) for each in value] if depth else [ELLIPSIS]
        return value if _are_same(value, items) else type(value)(items)
    if hasattr(type(value), "__dataclass_fields__"):
        return _plain_fields(value, leave, depth)
    return value


def _plain_table(table: dict[Any, Any], depth: int) -> dict[Any, Any]:
    pairs = {_plain_copy(key, frozenset(), 1): _plain_copy(each, frozenset(), depth) for key, each in table.items()}
    is_same = len(pairs) == len(table) and _are_same(table, pairs) and _are_same(table.values(), pairs.values())
    return table if is_same else pairs


def _plain_fields(record: Any, leave: frozenset[str], depth: int) -> Any:
    changed = {}
    for name in _names_of(record.__class__):
        value = getattr(record, name)
        if value is None or type(value) in NUMBERS or name in leave:
            continue
        copy = _plain_copy(value, leave, depth)
        if copy is not value:
            changed[name] = copy
    if not changed:
        return record
    import dataclasses  # noqa: PLC0415  10 ms, which a command that reads no record does not wait for

    return dataclasses.replace(record, **changed)


@cache
def _names_of(kind: type[Any]) -> tuple[str, ...]:
    import dataclasses  # noqa: PLC0415  as above

    return tuple(field.name for field in dataclasses.fields(kind))


def _are_same(before: Iterable[Any], after: Iterable[Any]) -> bool:
    return all(one is other for one, other in zip(before, after, strict=False))


def speak_leniently() -> None:
    """Let our output replace what its encoding lacks: no program may fail because a log or terminal has no `Δ`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
