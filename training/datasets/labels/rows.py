"""Reads label files; every error names the file and the line."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.datasets.labels.text import read_text
from training.errors import BadData

SEPARATORS = ",;\t"
"""Between cells: a comma, or what spreadsheets write where the comma is the decimal sign, or their "text" format."""
DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a label file."""

    where: str
    """File and line."""
    values: dict[str, str]
    has_decimal_commas: bool = False
    """Cells are separated by semicolons, as spreadsheets do so that `3,5` can be a number."""

    def text(self, column: str) -> str:
        """What the column holds.

        Raises:
            BadData: empty.
        """
        value = (self.values.get(column) or "").strip()
        if not value:
            raise BadData(f"{self.where}: column {column} is empty")
        return value

    def number(self, column: str) -> float:
        """What the column holds, as a finite number.

        Raises:
            BadData: empty, no number, NaN or infinite.
        """
        text = self.text(column)
        is_comma = DECIMAL_COMMA.fullmatch(text) is not None
        try:
            value = float(text.replace(",", ".") if is_comma and self.has_decimal_commas else text)
        except ValueError:
            hint = f"; write {text.replace(',', '.')}" if is_comma else ""
            raise BadData(f"{self.where}: column {column} holds {text!r}, which is no number{hint}") from None
        if not math.isfinite(value):
            raise BadData(f"{self.where}: column {column} holds {text}; a label must be a finite number")
        return value

    def spread(self, column: str) -> float:
        """What the column holds, as a standard deviation or a variance.

        Raises:
            BadData: as `number`, or below 0.
        """
        value = self.number(column)
        if value < 0:
            raise BadData(f"{self.where}: column {column} holds {value:g}; a spread of opinions is at least 0")
        return value

    def shares(self, columns: Sequence[str]) -> tuple[float, ...]:
        """How many people gave each answer, as shares that add up to 1.

        Args:
            columns: of the answers; they hold counts, or shares.

        Raises:
            BadData: as `number`; one is below 0, or all are 0.
        """
        try:
            counts = [float(self.values[column]) for column in columns]  # 50,000 numbers of KonIQ-10k, mostly plain
        except (KeyError, TypeError, ValueError):
            counts = [math.nan]
        if not all(map(math.isfinite, counts)):
            counts = [self.number(column) for column in columns]
        if min(counts) < 0:
            column, count = next(pair for pair in zip(columns, counts, strict=True) if pair[1] < 0)
            raise BadData(f"{self.where}: column {column} holds {count:g}; an answer is given by 0 people or more")
        total = sum(counts)
        if not total:
            raise BadData(f"{self.where}: the columns {columns[0]} to {columns[-1]} are all 0: no opinion is counted")
        return tuple([count / total for count in counts])

    def has(self, column: str) -> bool:
        return bool((self.values.get(column) or "").strip())


def read_rows(path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> list[Row]:
    """The lines of a CSV file that are not empty.

    Args:
        path: the file.
        columns: that it must have, in this case or another.
        optional: columns whose names may stand in another case too.

    Raises:
        BadData: no such file, no CSV, or a column of `columns` is missing.
    """
    text, remark = read_text(path, "CSV")
    try:
        separator = _separator(text, columns)
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
        header = known_names(reader.fieldnames or [], (*columns, *optional))
        reader.fieldnames = header
        check_columns(f"{path}, line 1{remark}", header, columns, optional)
        return [
            _row(f"{path}, line {reader.line_num}{remark}", row, has_decimal_commas=separator == ";")
            for row in reader
            if any(isinstance(value, str) and value.strip() for value in row.values())
        ]
    except csv.Error as error:
        raise BadData(f"{path}: cannot be read as CSV ({error})") from error


def _separator(text: str, columns: Sequence[str]) -> str:
    """The one that gives the first line most of the columns; a comma if they do equally well."""
    first = next(io.StringIO(text, newline=""), "")
    found = {
        separator: len(
            set(columns).intersection(known_names(next(csv.reader([first], delimiter=separator), []), columns))
        )
        for separator in SEPARATORS
    }
    return max(found, key=lambda separator: found[separator])


def _row(where: str, cells: dict[str | Any, str | Any], *, has_decimal_commas: bool) -> Row:
    """Refuse cells behind the last column, unless empty: a decimal comma would cut a label short unnoticed."""
    more = [cell for cell in cells.get(None) or () if cell.strip()]
    if more:
        raise BadData(f"{where}: holds more cells than line 1 has columns ({', '.join(more)}); quote texts with commas")
    return Row(where, {key: value for key, value in cells.items() if key}, has_decimal_commas)


def known_names(header: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """The names of a first line, those that differ from a wanted one in case alone as wanted."""
    names = [name.strip() for name in header]
    in_other_case = {name.casefold(): name for name in wanted if name not in names}
    return [in_other_case.get(name.casefold(), name) for name in names]


def check_columns(where: str, header: Sequence[str], columns: Sequence[str], optional: Sequence[str] = ()) -> None:
    """Refuse a first line that lacks one of `columns`, or has one of all twice.

    Raises:
        BadData: naming it, and the columns there are.
    """
    absent = [column for column in columns if column not in header]
    if absent:
        there = ", ".join(filter(None, header))
        raise BadData(f"{where}: no column {absent[0]}; " + (f"the columns are {there}" if there else "it is empty"))
    twice = [column for column in (*columns, *optional) if header.count(column) > 1]
    if twice:
        raise BadData(f"{where}: column {twice[0]} is there twice")


def read_words(path: Path, columns: Sequence[str]) -> list[Row]:
    """The lines of a text file without a heading, their words named by `columns`.

    Raises:
        BadData: no such file, no text, or a line with fewer words.
    """
    text, remark = read_text(path, "text")
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        where = f"{path}, line {number}{remark}"
        if words and len(words) < len(columns):
            raise BadData(f"{where}: holds {line.strip()!r}; it must hold {' and '.join(columns)}")
        if words:
            rows.append(Row(where, dict(zip(columns, words, strict=False))))
    return rows
