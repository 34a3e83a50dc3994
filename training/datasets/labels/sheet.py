"""Label files of Excel as rows. Every error names the file and the line."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.datasets.labels.rows import Row, check_columns
from training.errors import BadData

Cells = tuple[Any, ...]


def read_sheet(path: Path, columns: Sequence[str]) -> list[Row]:
    """The lines of the first sheet that are not empty, by the names in its first line.

    Raises:
        BadData: no such file, no Excel file, or a column of `columns` is missing.
    """
    header, *lines = _read_cells(path) or [()]
    names = ["" if cell is None else str(cell).strip() for cell in header]
    check_columns(path, names, columns)
    return _rows(path, names, lines)


def read_sheet_by_place(path: Path, names: Sequence[str]) -> list[Row]:
    """The same for a first line whose words differ between copies: `names` are given to the first columns.

    Raises:
        BadData: no such file, or no Excel file.
    """
    return _rows(path, names, _read_cells(path)[1:])


def _rows(path: Path, names: Sequence[str], lines: Sequence[Cells]) -> list[Row]:
    return [
        Row(
            f"{path}, line {number}",
            {name: "" if cell is None else str(cell) for name, cell in zip(names, line, strict=False) if name},
        )
        for number, line in enumerate(lines, start=2)
        if any(cell is not None for cell in line)
    ]


def _read_cells(path: Path) -> list[Cells]:
    import openpyxl  # noqa: PLC0415 - two data sets need it
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415 - as above

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except FileNotFoundError:
        raise BadData(f"{path}: no such file. Give the data set's place with --data_path") from None
    except (OSError, zipfile.BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise BadData(f"{path}: cannot be read as an Excel file ({error})") from error
    try:
        return list(book.worksheets[0].iter_rows(values_only=True))
    finally:
        book.close()
