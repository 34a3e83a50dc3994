"""Frozen values as JSON and back, for what is remembered: a field that is unknown or wrong costs that field alone.

A file of another version, or one that was damaged, must never keep the app from opening. Standard library only.
"""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Mapping
from enum import Enum
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")

MOST_ITEMS = 5000
"""Of a tuple or a mapping; more are not read."""
LONGEST_TEXT = 4096
MOST_NESTED = 12


class _Wrong(Exception):
    """Not of the kind that is asked for."""


def to_json(value: Any) -> Any:
    """What `json.dumps` takes. A mapping becomes a list of pairs, which keeps the kinds of its keys."""
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: to_json(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return [[to_json(key), to_json(item)] for key, item in value.items()]
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((to_json(item) for item in value), key=repr)
    return value


def from_json(content: Any, usual: T) -> T:
    """The value that `content` describes, with what is missing or wrong as in `usual`.

    Args:
        content: any JSON.
        usual: a frozen dataclass, or a value of a simple kind; the result is of its type.
    """
    try:
        return cast("T", _read(content, type(usual), usual, MOST_NESTED))
    except _Wrong:
        return usual


def _read(content: Any, kind: Any, usual: Any, depth: int) -> Any:
    """Raises _Wrong: `content` is not of this kind."""
    if depth == 0:
        raise _Wrong
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _read_fields(content, kind, usual, depth)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _read_first(content, arguments, usual, depth)
    if origin is Literal:
        return _one_of(content, arguments)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _member(content, kind)
    if origin is not None:
        return _read_several(content, origin, arguments, depth)
    return _simple(content, kind)


def _read_fields(content: Any, kind: type[Any], usual: Any, depth: int) -> Any:
    if not isinstance(content, dict):
        raise _Wrong
    start = usual if isinstance(usual, kind) else _made(kind)
    hints = get_type_hints(kind)
    changed = {}
    for each in dataclasses.fields(kind):
        if each.init and each.name in content:
            before = getattr(start, each.name)
            try:
                changed[each.name] = _read(content[each.name], hints[each.name], before, depth - 1)
            except _Wrong:
                continue
    try:
        value = dataclasses.replace(start, **changed)
        _use(value)
    except Exception as error:
        raise _Wrong from error
    return value


def _made(kind: type[Any]) -> Any:
    """One with the usual fields."""
    try:
        return kind()
    except TypeError as error:
        raise _Wrong from error


def _use(value: Any) -> None:
    """Ask all its properties: a place in a list that is shorter now fails here, and not on the screen."""
    for name, attribute in vars(type(value)).items():
        if isinstance(attribute, property):
            getattr(value, name)


def _read_first(content: Any, kinds: tuple[Any, ...], usual: Any, depth: int) -> Any:
    for kind in kinds:
        try:
            return _read(content, kind, usual, depth)
        except _Wrong:
            continue
    raise _Wrong


def _one_of(content: Any, values: tuple[Any, ...]) -> Any:
    for value in values:
        if type(value) is type(content) and value == content:
            return value
    raise _Wrong


def _member(content: Any, kind: type[Enum]) -> Enum:
    for member in kind:
        if type(member.value) is type(content) and member.value == content:
            return member
    raise _Wrong


def _read_several(content: Any, origin: Any, kinds: tuple[Any, ...], depth: int) -> Any:
    """A tuple, set or mapping; items that are wrong are left out, unless each has a place of its own."""
    if not isinstance(content, list) or len(content) > MOST_ITEMS:
        raise _Wrong
    if issubclass(origin, Mapping):
        pairs = [pair for pair in content if isinstance(pair, list) and len(pair) == 2]
        read = [(_read_or_none(key, kinds[0], depth), _read_or_none(item, kinds[1], depth)) for key, item in pairs]
        return {key[0]: item[0] for key, item in read if key is not None and item is not None}
    if origin is tuple and kinds[-1:] != (...,):
        if len(content) != len(kinds):
            raise _Wrong
        return tuple(_read(item, kind, None, depth - 1) for item, kind in zip(content, kinds, strict=True))
    items = [_read_or_none(item, kinds[0], depth) for item in content]
    made = (item[0] for item in items if item is not None)
    return tuple(made) if issubclass(origin, tuple) or not issubclass(origin, set | frozenset) else frozenset(made)


def _read_or_none(content: Any, kind: Any, depth: int) -> tuple[Any] | None:
    try:
        return (_read(content, kind, None, depth - 1),)
    except _Wrong:
        return None


def _simple(content: Any, kind: Any) -> Any:
    if kind is float and type(content) in (int, float) and math.isfinite(content):
        return float(content)
    if kind in (bool, int, str, types.NoneType) and type(content) is kind:
        if kind is str and len(content) > LONGEST_TEXT:
            raise _Wrong
        return content
    raise _Wrong
