"""What is searched in a log: words, a regular expression, or what went wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from iqa_tui.monitor.expression import BytesExpression, Expression, of_many_lines, searches_lines, typed_expression

TROUBLE = re.compile(
    r"Traceback \(most recent call last\)|\b(?i:error|warning):|\bWARN(?:ING)?\b|\bERROR\b|\bFATAL\b|\bCRITICAL\b"
    r"|Warning:|CUDA (?i:error|out of memory)|Segmentation fault|core dumped|\bnot finite\b"
)
TROUBLE_NEEDLES = (b"traceback", b"error", b"warn", b"cuda", b"fatal", b"critical", b"fault", b"core dumped", b"finite")
TROUBLE_WORDS = "errors, warnings"


@dataclass(frozen=True, slots=True)
class LogPattern:
    """Found in the lines as they are shown, without escapes."""

    words: str
    """As the user typed it, or what it is called."""
    expression: Expression
    needles: tuple[bytes, ...] = ()
    """In small letters: bytes of which every line that is found has at least one; empty if none are known."""
    of_slices: BytesExpression | None = None
    """Found in the bytes of a slice if a line of it is; None: the lines must be asked one by one."""


TROUBLES = LogPattern(TROUBLE_WORDS, TROUBLE, TROUBLE_NEEDLES)


@lru_cache(maxsize=64)
def log_pattern(typed: str) -> LogPattern:
    """Words as they are, or `/expression/`. Capitals count if there are any.

    Raises:
        ValueError: it is no regular expression, in words.
    """
    is_expression = len(typed) > 2 and typed.startswith("/") and typed.endswith("/")
    written = typed[1:-1] if is_expression else re.escape(typed)
    letters = re.sub(r"\\.", "", written)  # `\S` is no capital
    ignores_case = letters == letters.lower()
    if not is_expression:
        expression = re.compile(written, re.IGNORECASE if ignores_case else re.NOFLAG)
        return LogPattern(typed, expression, (typed.lower().encode(),) if typed.isascii() else ())
    try:
        of_slices = of_many_lines(written, ignores_case=ignores_case) if searches_lines(written) else None
        return LogPattern(typed, typed_expression(written, ignores_case=ignores_case), (), of_slices)
    except ValueError as error:
        raise ValueError(f"no regular expression to search by: {error}") from None
