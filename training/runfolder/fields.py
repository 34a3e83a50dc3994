"""The fields of a record, checked against the types of its dataclass before any reader meets them.

A user who may write in a run folder may write any JSON there. A field of the wrong type, or with a value that a reader
cannot count, print or sort with, is refused here, by name and in words. Fields that the dataclass does not know are
skipped: a later version wrote them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from training.runfolder.engines import ENGINES

T = TypeVar("T")

LAST_SECOND = 253_402_214_400
"""The last day of the year 9999, in Unix seconds: after it no calendar shows a time, in whatever time zone."""
MOST_ATTEMPTS = 999_999
LARGEST_WHOLE = 2**63 - 1
LARGEST_NUMBER = 1e100
"""Sums, squares and means of such numbers are still finite."""
LONGEST_TEXT = 1 << 18
"""Characters. Linux starts no process with a longer word, and a table with a longer cell takes a screen's memory."""
DEEPEST = 50
"""Levels of lists and tables; Python prints and copies some hundred."""
SHOWN_CHARACTERS = 60
"""Of a value that is refused."""


class WrongField(ValueError):
    """A field is missing, or its value is not what it must be; the text names it."""


Rule = tuple[frozenset[type], Callable[[Any], bool] | None, str]
"""What a field may be: its types; a test of values of these types (None: all pass); what it must be, in words, as in
`must be a text`. A tuple, as some of these are looked at for every run of a listing.
"""


def build(kind: type[T], content: Mapping[str, Any]) -> T:
    """A record of this kind; what `content` holds besides is skipped.

    Raises:
        WrongField: a field is missing, has another type, or a value that cannot be.
    """
    rules = _rules(kind)  # type: ignore[arg-type]  # a class is hashable
    values = {}
    for name, value in content.items():
        if name in rules:
            types, fits, words = rules[name]
            if type(value) not in types or (fits is not None and not fits(value)):
                raise WrongField(f"{name} is {shown(value)}, but must be {words}")
            values[name] = value
    try:
        return kind(**values)
    except TypeError:
        required = (field.name for field in fields(kind) if _is_required(field))  # type: ignore[arg-type]
        missing = ", ".join(name for name in required if name not in values)
        raise WrongField(f"it has no {missing}") from None


def _is_required(field: Any) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def shown(value: object) -> str:
    """A value for people, cut to a few words, whatever it is."""
    import reprlib  # noqa: PLC0415  only for refusals: the app's first paint does without

    text = reprlib.repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"


def has_long_text(value: Any) -> bool:
    """Whether a text in this JSON is longer than any that a reader shows."""
    if isinstance(value, dict):
        return any(map(has_long_text, value)) or any(map(has_long_text, value.values()))
    return any(map(has_long_text, value)) if isinstance(value, list) else _is_long(value)


def _is_long(value: Any) -> bool:
    return isinstance(value, str) and len(value) > LONGEST_TEXT


def with_whole_characters(value: Any) -> Any:
    r"""The same JSON, with each lone surrogate in its texts spelled out (`\ud800`).

    JSON may hold one, but no file, terminal or command line takes it.
    """
    if isinstance(value, str):
        return _with_whole_characters(value)
    if isinstance(value, list):
        return [with_whole_characters(item) for item in value]
    if isinstance(value, dict):
        return {_with_whole_characters(key): with_whole_characters(item) for key, item in value.items()}
    return value


def _with_whole_characters(text: str) -> str:
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()


@cache
def _rules(kind: type) -> dict[str, Rule]:
    """Field to what it may be; worked out once a kind."""
    return {name: OWN_RULES.get(name) or _rule(hint) for name, hint in get_type_hints(kind).items()}


def _rule(hint: Any) -> Rule:
    """For a type as the dataclasses of `schema` spell it."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is UnionType:
        (inner,) = (argument for argument in arguments if argument is not NoneType)
        return _or_none(_rule(inner))
    if origin is list:
        return _list_of(arguments[0])
    if origin is dict:
        return _table_of(arguments[1])
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return frozenset({str, hint}), None, "a text"
    rules: dict[Any, Rule] = {
        str: (frozenset({str}), None, "a text"),
        int: (frozenset({int}), _is_countable, "a whole number below 2**63"),
        float: (frozenset({int, float}), _is_number, f"a number of at most {LARGEST_NUMBER:g}"),
        bool: (frozenset({bool}), None, "true or false"),
    }
    return rules[hint]


def _or_none(rule: Rule) -> Rule:
    types, inner, words = rule
    fits = None if inner is None else lambda value: value is None or inner(value)
    return types | {NoneType}, fits, f"{words}, or null"


def _list_of(hint: Any) -> Rule:
    if hint is str:
        return frozenset({list}), _are_texts, "a list of texts"
    allows, words = _allowed_by(_rule(hint))
    return frozenset({list}), lambda items: all(map(allows, items)), f"a list, each item of it {words}"


def _table_of(hint: Any) -> Rule:
    if hint is Any:
        return frozenset({dict}), _is_plain, f"a table of at most {DEEPEST} levels with numbers below 2**63"
    if hint is str:
        return frozenset({dict}), lambda table: _are_texts(table.values()), "a table of texts"
    allows, words = _allowed_by(_rule(hint))
    return frozenset({dict}), lambda table: all(map(allows, table.values())), f"a table, each value of it {words}"


def _allowed_by(rule: Rule) -> tuple[Callable[[Any], bool], str]:
    types, fits, words = rule
    return lambda value: type(value) in types and (fits is None or fits(value)), words


def _is_countable(number: int) -> bool:
    return -LARGEST_WHOLE <= number <= LARGEST_WHOLE


def _is_number(number: float) -> bool:
    return -LARGEST_NUMBER <= number <= LARGEST_NUMBER  # false for what is not finite, too


def _are_texts(items: Any) -> bool:
    try:
        "".join(items)  # in C, unlike a look at each
    except TypeError:
        return False
    return True


def _is_plain(value: Any, depth: int = 0) -> bool:
    """Whether any reader can use it, whatever shape it expects."""
    if depth > DEEPEST:
        return False
    for item in value.values() if type(value) is dict else value:
        kind = type(item)
        if kind is str:
            continue
        if kind is float:
            if not -LARGEST_NUMBER <= item <= LARGEST_NUMBER:
                return False
        elif kind is int:
            if not -LARGEST_WHOLE <= item <= LARGEST_WHOLE:
                return False
        elif (kind is dict or kind is list) and not _is_plain(item, depth + 1):
            return False
    return True


def _can_be_words(words: Any) -> bool:
    """Whether the kernel takes them: none of them may hold a NUL."""
    try:
        return "\0" not in "".join(words)
    except TypeError:
        return False


def _can_be_an_environment(table: dict[str, Any]) -> bool:
    return _can_be_words(table.values()) and all(name and "\0" not in name and "=" not in name for name in table)


def _number_from(low: float, high: float, words: str) -> Rule:
    return frozenset({int, float}), lambda number: low <= number <= high, words


def _whole_from(low: int, high: int, words: str) -> Rule:
    return frozenset({int}), lambda number: low <= number <= high, words


def _is_pair(pair: list[Any]) -> bool:
    return len(pair) == 2 and all(type(number) in (int, float) and _is_number(number) for number in pair)


def _is_job_number(job: str) -> bool:
    return not job or (job.isascii() and job.isdecimal())


_TIME = _number_from(0, LAST_SECOND, "a time in Unix seconds, before the year 10000")
_LENGTH_OF_TIME = _number_from(0, 1e12, "a length of time of at least 0")
_PID = _whole_from(1, 2**31 - 1, "the number of a process")
_ENVIRONMENT: Rule = frozenset({dict}), _can_be_an_environment, "a table of texts that an environment can hold"

OWN_RULES: dict[str, Rule] = {
    "created": _TIME,
    "started": _TIME,
    "ended": _TIME,
    "when": _TIME,
    "finished": _TIME,
    "grace_seconds": _LENGTH_OF_TIME,
    "elapsed_seconds": _number_from(-1e12, 1e12, "a length of time"),  # a clock that was set back may make it negative
    "expected_hours": _or_none(_LENGTH_OF_TIME),
    "time_limit_seconds": _or_none(_LENGTH_OF_TIME),
    "attempt": _whole_from(1, MOST_ATTEMPTS, f"a number from 1 to {MOST_ATTEMPTS:,}"),
    "pid": _PID,
    "supervisor_pid": _or_none(_PID),
    "vram_bytes": _or_none(_whole_from(0, LARGEST_WHOLE, "a number of bytes")),
    "expected_srcc": _or_none((frozenset({list}), _is_pair, "two numbers [low, high]")),
    "job": (
        frozenset({str}),
        lambda job: not job or (job.isascii() and job.isdecimal()),
        "the number of a job, or empty",
    ),
    "argv": (frozenset({list}), lambda words: bool(words) and _can_be_words(words), "a command: texts without NUL"),
    "engine": (frozenset({str}), lambda engine: engine in ENGINES, f"one of {', '.join(ENGINES)}"),
    "cwd": _or_none((frozenset({str}), lambda path: "\0" not in path, "the path of a folder")),
    "env": _ENVIRONMENT,
    "variables": _ENVIRONMENT,
}
"""By name, as a field of one name means the same in every record: the type alone would let values pass that no reader
can use.
"""
