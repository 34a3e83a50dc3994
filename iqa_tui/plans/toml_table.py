"""One table of a plan's TOML while it is checked: every question names a key, every refusal names key and value."""

from __future__ import annotations

import re
from typing import Any

from iqa_tui.errors import PlanError
from iqa_tui.plans.toml_lines import TomlPlace

FlagValue = str | int | float | bool

TOP = TomlPlace()
LARGEST = 1e100
LARGEST_WHOLE = 2**31 - 1
MOST_COUNTED = 1000
UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30}


class TomlTable:
    """One TOML table while it is checked. Each question names a key; the other keys are refused at the end."""

    def __init__(
        self,
        content: dict[str, Any],
        source: str,
        where: str = "",
        place: TomlPlace = TOP,
        outer_key: str = "",
    ) -> None:
        """Args:
        where: for people: `experiment F2`.
        place: of the table in its file, or of the one that it is in.
        outer_key: its own key in that one; empty if it has a heading.
        """
        self._place, self._outer_key = place, outer_key
        self._content = content
        self._source = source
        self._where = where
        self._asked: list[str] = []

    def wrong(self, key: str, remedy: str) -> PlanError:
        """What to raise: the file, the row, the key and its value, and what to write instead."""
        value = self._content.get(key)
        row = f"{self._where}: " if self._where else ""
        return self._placed(PlanError(f"{self._source}: {row}{key} = {value!r}: {remedy}"), key)

    def wrong_whole(self, remedy: str) -> PlanError:
        """What to raise if no key of this table is wrong by itself."""
        return self._placed(PlanError(f"{self._source}: {self._where}: {remedy}"), "")

    def _placed(self, error: PlanError, key: str) -> PlanError:
        error.place = (self._place.heading, self._place.number, self._outer_key or key)
        return error

    def _get(self, key: str) -> Any:
        self._asked.append(key)
        return self._content.get(key)

    def name(self, key: str) -> str:
        """A text that is there and can be part of a command line."""
        value = self._get(key)
        if value is None:
            row = f"{self._where} has" if self._where else "it has"
            raise self._placed(PlanError(f'{self._source}: {row} no {key}. Add {key} = "…".'), key)
        if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+-]*", value):
            raise self.wrong(key, 'write letters, digits, ".", "_", "+" and "-", in quotes.')
        return value

    def text(self, key: str, default: str) -> str:
        value = self._get(key)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self.wrong(key, "write a text in quotes.")
        return value

    def choice(self, key: str, choices: tuple[str, ...], default: str) -> str:
        value = self._get(key)
        if value is None:
            return default
        if value not in choices:
            raise self.wrong(key, f"use one of {', '.join(choices)}.")
        return str(value)

    def switch(self, key: str, *, default: bool) -> bool:
        value = self._get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.wrong(key, "write true or false.")
        return value

    def number(self, key: str, *, at_least: float, at_most: float = float("inf")) -> float | None:
        value = self._get(key)
        if value is None:
            return None
        if not _is_number(value) or not at_least <= value <= at_most:
            limits = f"of at least {at_least:g}" if at_most == float("inf") else f"from {at_least:g} to {at_most:g}"
            raise self.wrong(key, f"write a number {limits}.")
        return float(value)

    def positive_number(self, key: str) -> float | None:
        value = self._get(key)
        if value is None:
            return None
        if not _is_number(value) or not 0 < value < float("inf"):
            raise self.wrong(key, "write a number above 0.")
        return float(value)

    def counted(self, key: str) -> tuple[int, ...]:
        """A list of whole numbers, or how many from 0 on; empty if the key is not there."""
        value = self._get(key)
        if value is None:
            return ()
        numbers = list(range(value)) if _is_whole(value, 1) and value <= MOST_COUNTED else value
        if not isinstance(numbers, list) or not all(_is_whole(number, 0) for number in numbers):
            numbers = []
        if not 0 < len(set(numbers)) == len(numbers) <= MOST_COUNTED:
            raise self.wrong(key, f"write how many, from 1 to {MOST_COUNTED}, or a list such as [0, 1, 2], each once.")
        return tuple(numbers)

    def whole_number(self, key: str, *, at_least: int) -> int | None:
        value = self._get(key)
        if value is None:
            return None
        if not _is_whole(value, at_least):
            raise self.wrong(key, f"write a whole number of at least {at_least}.")
        return int(value)

    def whole_numbers(self, key: str, *, at_least: int) -> tuple[int, ...] | None:
        """A list of them, each once; None if the key is not there."""
        value = self._get(key)
        if value is None:
            return None
        if not isinstance(value, list) or not value or not all(_is_whole(number, at_least) for number in value):
            raise self.wrong(key, f"write a list of whole numbers of at least {at_least}, for example [1, 2].")
        if len(set(value)) < len(value):
            raise self.wrong(key, "name each number once.")
        return tuple(value)

    def grid(self, key: str) -> tuple[FlagValue, ...]:
        """Values of a flag to try: a list, each value of it once."""
        value = self._get(key)
        if not isinstance(value, list) or not value or not all(isinstance(each, FlagValue) for each in value):
            raise self.wrong(key, "write a list of the values to try, for example [5e-6, 1e-5, 2e-5].")
        if len({type(each) in (int, float) for each in value}) > 1:
            raise self.wrong(key, "write either numbers alone or no numbers.")
        if any(not _is_number(each) for each in value if isinstance(each, float)):
            raise self.wrong(key, "write numbers that can be computed with.")
        if any("\0" in str(each) for each in value):
            raise self.wrong(key, "leave the NUL out.")
        if len(set(value)) < len(value):
            raise self.wrong(key, "name each value once.")
        return tuple(value)

    def optional(self, key: str) -> TomlTable | None:
        """A table in this one; None if it is not there."""
        value = self._get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.wrong(key, f"write a table: the heading [{key}], and its keys below it.")
        return self.inner(key, value)

    def others(self) -> list[str]:
        """Keys that no question named yet."""
        return [key for key in self._content if key not in self._asked]

    def range(self, key: str) -> tuple[float, float] | None:
        value = self._get(key)
        if value is None:
            return None
        is_pair = isinstance(value, list) and len(value) == 2 and all(_is_number(number) for number in value)
        if not is_pair or not -1 <= value[0] <= value[1] <= 1:
            raise self.wrong(key, "write [low, high], two numbers from -1 to 1.")
        return float(value[0]), float(value[1])

    def words(self, key: str) -> list[str] | None:
        value = self._get(key)
        if value is None:
            return None
        if not isinstance(value, list) or not value or not all(isinstance(word, str) and word for word in value):
            raise self.wrong(key, 'write a list of texts, for example ["python", "my_train.py"].')
        return list(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """A text, or a list of texts; empty if the key is not there."""
        value = self._get(key)
        if value is None:
            return ()
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(text, str) and text.strip() for text in values):
            raise self.wrong(key, "write a text in quotes, or a list of them.")
        return tuple(values)

    def lists(self, key: str) -> tuple[tuple[str, ...], ...]:
        """Lists of texts; empty if the key is not there."""
        value = self._get(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(
            isinstance(inner, list) and all(isinstance(text, str) and text for text in inner) for inner in value
        ):
            raise self.wrong(key, 'write lists of texts, for example [["F3", "F4"], ["F1", "F2"]].')
        return tuple(tuple(inner) for inner in value)

    def size(self, key: str) -> int | None:
        """Bytes, from a text such as `10 GiB`."""
        value = self._get(key)
        if value is None:
            return None
        match = (
            re.fullmatch(r"(\d{1,15}(?:\.\d+)?)\s*([KMG]?i?B)", value, re.IGNORECASE)
            if isinstance(value, str)
            else None
        )
        if match is None:
            raise self.wrong(key, 'write a size with its unit, for example "10 GiB".')
        size = int(float(match[1]) * UNITS[match[2].upper()])
        if size == 0:
            raise self.wrong(key, "write more than nothing, or leave it out: then each run has its GPU for itself.")
        return size

    def value(self, key: str) -> Any:
        """Whatever stands there, for the caller to check; None if nothing does."""
        return self._get(key)

    def table(self, key: str, example: str) -> TomlTable | None:
        """A table in this one, for the caller to check; None if it is not there."""
        value = self._get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.wrong(key, f"write a table, for example {example}.")
        return self.inner(key, value)

    def inner(self, key: str, content: dict[str, Any]) -> TomlTable:
        """A table in this one."""
        where = f"{self._where}: {key}" if self._where else key
        if self._place.heading:
            return TomlTable(content, self._source, where, self._place, key)
        return TomlTable(content, self._source, where, TomlPlace(key))

    def flags(self, key: str) -> dict[str, FlagValue]:
        value = self._get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.wrong(key, 'write a table of flags, for example { loss_type = "l2" }.')
        inner = self.inner(key, value)
        for flag, setting in value.items():
            if not isinstance(setting, FlagValue):
                raise inner.wrong(flag, "write a text, a number, true or false.")
            if "\0" in str(setting):  # no command line can hold one
                raise inner.wrong(flag, "leave the NUL out.")
        return dict(value)

    def rows(self, key: str) -> list[TomlTable]:
        value = self._get(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise self.wrong(key, f"write each row under a heading [[{key}]] of its own.")
        return [
            TomlTable(row, self._source, f"{key} {row.get('id', number)}", TomlPlace(key, number))
            for number, row in enumerate(value, 1)
        ]

    def refuse_others(self) -> None:
        """A key that no question named is mistyped."""
        for key in self._content:
            if key not in self._asked:
                raise self.wrong(key, f"there is no such key. Use {', '.join(sorted(self._asked))}.")


def _is_whole(value: object, at_least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and at_least <= value <= LARGEST_WHOLE


def _is_number(value: object) -> bool:
    """False for infinity too, and for a number of a thousand digits: they cannot be computed with."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -LARGEST <= value <= LARGEST
