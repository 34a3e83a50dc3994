"""Which values of the settings file are right. A mistake names the key, the value and what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

from iqa_tui.settings.actions import ACTIONS
from iqa_tui.settings.keys import key_mistake
from iqa_tui.settings.values import LONGEST_COMMAND_SECONDS, OSCS, THEMES, TOLD, Notify, Settings

MOST_ARGUMENTS = 64
LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Mistake:
    """One value that is not used."""

    where: tuple[str, ...]
    """Tables and the key."""
    words: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The settings that a table makes, with the usual values in place of the wrong ones."""

    settings: Settings
    mistakes: tuple[Mistake, ...]
    named: frozenset[str]
    """Keys that are right; those of `[notify]` as `notify.command`."""


class _Wrong(Exception):
    """A value; the text says what is allowed."""


def check(table: Mapping[str, Any]) -> Checked:
    """Args:
    table: as TOML has it.
    """
    mistakes: list[Mistake] = []
    values = _checked(table, QUESTIONS, (), mistakes)
    keys: dict[str, tuple[str, ...]] = {}
    for action, asked in _table(table, "keys", mistakes).items():
        try:
            keys[action] = _keys_of(action, asked)
        except _Wrong as wrong:
            mistakes.append(Mistake(("keys", action), f"{action} = {_shown(asked)}: {wrong}"))
    notify = _checked(_table(table, "notify", mistakes), NOTIFY_QUESTIONS, ("notify",), mistakes)
    if table.get("read_only") is not None and "read_only" not in values:
        values["read_only"] = True  # a user who misspells it meant to order nothing
    settings = Settings(**values, keys=MappingProxyType(keys), notify=Notify(**notify))
    named = {*values, *(f"keys.{name}" for name in keys), *(f"notify.{name}" for name in notify)}
    return Checked(settings, tuple(mistakes), frozenset(named))


def _checked(
    table: Mapping[str, Any],
    questions: Mapping[str, Callable[[Any], Any]],
    where: tuple[str, ...],
    mistakes: list[Mistake],
) -> dict[str, Any]:
    """The values that are right."""
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key in TABLES and not where:
            continue
        question = questions.get(key, _unknown(key, [*questions, *(() if where else TABLES)]))
        try:
            values[key] = question(value)
        except _Wrong as wrong:
            mistakes.append(Mistake((*where, key), f"{key} = {_shown(value)}: {wrong}"))
    return values


def _table(table: Mapping[str, Any], name: str, mistakes: list[Mistake]) -> Mapping[str, Any]:
    found = table.get(name, {})
    if isinstance(found, dict):
        return found
    mistakes.append(Mistake((name,), f"{name} = {_shown(found)}: write a table, [{name}] on a line of its own."))
    return {}


def _shown(value: Any) -> str:
    """As TOML writes it, nearly."""
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def _unknown(key: str, known: list[str]) -> Callable[[Any], Any]:
    def question(_value: Any) -> None:
        close = difflib.get_close_matches(key, known, n=1)
        near = f"Did you mean {close[0]}?" if close else f"There are {', '.join(known)}."
        raise _Wrong(f"there is no such setting. {near}")

    return question


def _choice(choices: tuple[str, ...]) -> Callable[[Any], str]:
    def question(value: Any) -> str:
        text = str(value) if type(value) is int else value  # osc = 9
        if not isinstance(text, str) or text not in choices:
            raise _Wrong("use one of " + ", ".join(f'"{each}"' for each in choices) + ".")
        return text

    return question


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Wrong("write true or false.")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise _Wrong("write a text in quotes.")
    return value


def _seconds(value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 1 <= value <= LONGEST_COMMAND_SECONDS:
        raise _Wrong(f"write a number of seconds from 1 to {LONGEST_COMMAND_SECONDS:g}.")
    return float(value)


def _command(value: Any) -> tuple[str, ...]:
    is_list = isinstance(value, list) and len(value) <= MOST_ARGUMENTS
    if not is_list or not all(isinstance(word, str) and "\0" not in word for word in value) or value[:1] == [""]:
        raise _Wrong('write a list of texts, the program first: ["mail", "-s", "iqa-tui", "me"]. No shell reads it.')
    return tuple(value)


def _keys_of(action: str, value: Any) -> tuple[str, ...]:
    if action not in ACTIONS:
        close = difflib.get_close_matches(action, ACTIONS, n=1)
        near = f"Did you mean {close[0]}?" if close else "`iqa-tui settings --example` lists all."
        raise _Wrong(f"there is no such action. {near}")
    asked = [value] if isinstance(value, str) else value
    if not isinstance(asked, list) or not asked or not all(isinstance(key, str) for key in asked):
        raise _Wrong('write a key in quotes, or a list of keys: "K", ["ctrl+k", "f8"].')
    for key in asked:
        if words := key_mistake(key):
            raise _Wrong(words)
    return tuple(asked)


QUESTIONS: Mapping[str, Callable[[Any], Any]] = {
    "theme": _choice(THEMES),
    "ascii": _switch,
    "read_only": _switch,
    "runs_dir": _text,
    "title": _switch,
    "bell": _choice(TOLD),
    "osc": _choice(OSCS),
}
NOTIFY_QUESTIONS: Mapping[str, Callable[[Any], Any]] = {
    "command": _command,
    "when": _choice(TOLD[1:]),
    "timeout_seconds": _seconds,
}
TABLES = tuple(each.name for each in fields(Settings) if each.name not in QUESTIONS)
