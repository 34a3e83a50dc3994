"""Reading label files: every complaint names the file and the line."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

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
            absent = [column for column in columns if column not in header]
            if absent:
                raise BadData(
                    f"{path}, line 1: no column {absent[0]}; the columns are {', '.join(filter(None, header))}"
                )
            return [
                Row(f"{path}, line {reader.line_num}", {key: value for key, value in row.items() if key})
                for row in reader
                if any(isinstance(value, str) and value.strip() for value in row.values())
            ]
    except FileNotFoundError:
        raise BadData(f"{path}: no such file. Give the data set's place with --data_path") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadData(f"{path}: cannot be read as CSV ({error})") from error
