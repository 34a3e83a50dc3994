"""Reads label files; every error names the file and the line."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.errors import BadData


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a label file."""

    where: str
    """File and line."""
    values: dict[str, str]

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
        try:
            value = float(text)
        except ValueError:
            raise BadData(f"{self.where}: column {column} holds {text!r}, which is no number") from None
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

    def has(self, column: str) -> bool:
        return bool((self.values.get(column) or "").strip())


def read_rows(path: Path, columns: Sequence[str]) -> list[Row]:
    """The lines of a CSV file that are not empty.

    Raises:
        BadData: no such file, no CSV, or a column of `columns` is missing.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            header = [name.strip() for name in reader.fieldnames or []]
            reader.fieldnames = header
            check_columns(path, header, columns)
            return [
                _row(f"{path}, line {reader.line_num}", row)
                for row in reader
                if any(isinstance(value, str) and value.strip() for value in row.values())
            ]
    except FileNotFoundError:
        raise BadData(f"{path}: no such file. Give the data set's place with --data_path") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadData(f"{path}: cannot be read as CSV ({error})") from error


def _row(where: str, cells: dict[str | Any, str | Any]) -> Row:
    """Refuse cells behind the last column, unless empty: a decimal comma would cut a label short unnoticed."""
    more = [cell for cell in cells.get(None) or () if cell.strip()]
    if more:
        raise BadData(f"{where}: holds more cells than line 1 has columns ({', '.join(more)}); quote texts with commas")
    return Row(where, {key: value for key, value in cells.items() if key})


def check_columns(path: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    """Refuse a first line that lacks one of `columns`, or has it twice.

    Raises:
        BadData: naming it, and the columns there are.
    """
    absent = [column for column in columns if column not in header]
    if absent:
        there = ", ".join(filter(None, header))
        raise BadData(
            f"{path}, line 1: no column {absent[0]}; " + (f"the columns are {there}" if there else "it is empty")
        )
    twice = [column for column in columns if header.count(column) > 1]
    if twice:
        raise BadData(f"{path}, line 1: column {twice[0]} is there twice")


def read_words(path: Path, columns: Sequence[str]) -> list[Row]:
    """The lines of a text file without a heading, their words named by `columns`.

    Raises:
        BadData: no such file, no text, or a line with fewer words.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise BadData(f"{path}: no such file. Give the data set's place with --data_path") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadData(f"{path}: cannot be read as text ({error})") from error
    rows = []
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if words and len(words) < len(columns):
            raise BadData(f"{path}, line {number}: holds {line.strip()!r}; it must hold {' and '.join(columns)}")
        if words:
            rows.append(Row(f"{path}, line {number}", dict(zip(columns, words, strict=False))))
    return rows
