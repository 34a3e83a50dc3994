"""The language of the filter: `srcc>0.93 state:run|queued !seed:3 "two words" /l[12]/`.

A run must fit all words; of two with `|` between them, one; it must not fit one with `!` before it. A mistake is said
in words, and the part that is right filters all the same.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from iqa_tui.monitor.expression import typed_expression
from iqa_tui.monitor.fields import FIELDS, number, number_of, texts
from iqa_tui.monitor.run_words import trial_words

if TYPE_CHECKING:
    from iqa_tui.monitor.state import RunState


@dataclass(frozen=True, slots=True)
class Asked:
    """What runs are compared at."""

    now: float = 0.0
    """Unix seconds."""
    hidden: Collection[str] = ()
    """Ids of runs that the user has hidden."""


Test = Callable[["RunState", Asked], bool]
"""Whether a run fits."""

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
COMPARISON = re.compile(r"([A-Za-z_][\w/.-]*)(>=|<=|!=|>|<|=|:)(.*)", re.DOTALL)
PIECE = re.compile(r'\s+|\||!?/(?:\\.|[^/\\])*/|(?:[^\s"|]|"[^"]*(?:"|$))+')
"""A blank, a bar, a pattern, a word with its quoted parts; a quote that is not closed reaches to the end."""
HOURS = {"h": 1.0, "min": 1 / 60, "s": 1 / 3600, "d": 24.0}
LENGTH = re.compile(r"([\d.e+-]+)\s*(h|min|s|d)")
OF_TIME = ("took", "left")
TUNING = "tuning"
"""As a word: the tuning runs."""
HIDDEN, ARCHIVED = "hidden", "archived"
"""As words: the runs that the user has hidden, or archived."""
OWN_WORDS = frozenset((TUNING, HIDDEN, ARCHIVED))
"""Each means certain runs, whatever they are called."""


@dataclass(frozen=True, slots=True)
class Query:
    """What a run must be."""

    terms: tuple[tuple[Test, ...], ...] = ()
    """It must fit one of each."""
    problem: str = ""
    """What cannot be meant so, in words; empty if all is right."""
    words: frozenset[str] = frozenset()
    """Those of `OWN_WORDS` that it has: hidden and archived runs are asked for by name."""

    def fits(self, state: RunState, at: Asked) -> bool:
        return all(any(test(state, at) for test in alternatives) for alternatives in self.terms)


class _Mistake(ValueError):
    """Something that cannot be meant so, in words."""


@lru_cache(maxsize=64)
def parse(text: str, known: frozenset[str] = frozenset()) -> Query:
    """Args:
    text: as the user typed it, perhaps half of it.
    known: names of fields besides those of `FIELDS`.
    """
    terms: list[tuple[Test, ...]] = []
    problems: list[str] = []
    words: set[str] = set()
    for alternatives in _split(text):
        tests = []
        for word in alternatives:
            words |= {word.casefold().removeprefix("!")} & OWN_WORDS
            try:
                tests.append(_test(word, known))
            except _Mistake as mistake:
                problems.append(str(mistake))
        if tests:
            terms.append(tuple(tests))
    return Query(tuple(terms), problems[0] if problems else "", frozenset(words))


def _split(text: str) -> list[list[str]]:
    """The words, those that a bar joins in one list."""
    terms: list[list[str]] = []
    joins = False
    for piece in PIECE.findall(text):
        if piece == "|":
            joins = bool(terms)
        elif not piece.isspace():
            if joins:
                terms[-1].append(piece)
            else:
                terms.append([piece])
            joins = False
    return terms


def _test(word: str, known: Collection[str]) -> Test:
    if word.startswith("!"):
        if len(word) == 1:
            raise _Mistake("! stands before what must not fit: !failed")
        inner = _test(word[1:], known)
        return lambda state, at: not inner(state, at)
    if word.startswith("/"):
        return _pattern_test(word)
    if match := COMPARISON.fullmatch(word):
        return _comparison_test(match[1], match[2], match[3], known)
    return _word_test(_unquoted(word))


def _pattern_test(word: str) -> Test:
    if len(word) < 2 or not word.endswith("/"):
        raise _Mistake(f"a pattern ends with a slash, too: {word}/")
    try:
        pattern = typed_expression(word[1:-1], ignores_case=True)
    except ValueError as error:
        raise _Mistake(f"{word} is no pattern: {error}") from None
    return lambda state, _at: pattern.search(searched(state)) is not None


def _word_test(word: str) -> Test:
    wanted = word.casefold()
    if wanted == HIDDEN:
        return lambda state, at: state.run_id in at.hidden
    if wanted == ARCHIVED:
        return lambda state, _at: state.is_archived
    return lambda state, _at: wanted in searched(state).casefold()


def _comparison_test(written: str, sign: str, value: str, known: Collection[str]) -> Test:
    name = written.casefold()
    if name not in FIELDS and written not in known:
        raise _Mistake(f'no run has “{written}”; to look for the text, quote it: "{written}{sign}{value}"')
    name = name if name in FIELDS else written
    wanted = _unquoted(value)
    if not wanted:
        raise _Mistake(f"{written}{sign} what?")
    amount = _amount(name, wanted)
    if sign in COMPARISONS:
        if amount is None:
            raise _Mistake(f"{written}{sign}{value} compares numbers, and {value} is none: {written}{sign}0.9")
        compare = COMPARISONS[sign]
        return lambda state, at: (own := number(state, name, at.now)) is not None and compare(own, amount)
    is_same = _same_test(name, wanted, amount, whole=sign != ":")
    return (lambda state, at: not is_same(state, at)) if sign == "!=" else is_same


def _same_test(name: str, wanted: str, amount: float | None, *, whole: bool) -> Test:
    """Args:
    whole: the text must be all of it; otherwise a part is enough.
    """
    folded = wanted.casefold()

    def test(state: RunState, at: Asked) -> bool:
        own = number(state, name, at.now) if amount is not None else None
        if own is not None and amount is not None and math.isclose(own, amount, rel_tol=1e-6):
            return True
        found = [text.casefold() for text in texts(state, name)]
        return folded in found if whole else any(folded in text for text in found)

    return test


def _amount(name: str, text: str) -> float | None:
    """The number; of a time in hours, if it has no unit."""
    if name in OF_TIME and (match := LENGTH.fullmatch(text)):
        value = number_of(match[1])
        return value * HOURS[match[2]] if value is not None else None
    return number_of(text)


def _unquoted(word: str) -> str:
    if word.count('"') % 2:
        raise _Mistake("a quote is not closed")
    return word.replace('"', "")


def searched(state: RunState) -> str:
    """What words and patterns are looked for in."""
    parts = [state.experiment, state.label, state.phase.value, state.group, state.run_id, state.device_label]
    parts += [*state.noted.tags, state.noted.note]
    parts += [f"{TUNING} {trial_words(state)}"] if state.is_trial else []
    return " ".join(parts)
