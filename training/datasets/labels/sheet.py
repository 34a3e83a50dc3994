"""Label files of Excel as rows. Every error names the file and the line."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.datasets.labels.rows import Row, check_columns, known_names, read_rows
from training.errors import BadData

Cells = tuple[Any, ...]
ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
"""How a file of Excel begins, and how one does of Excel before 2007."""
HEADING_LINES = 10
"""The first of these that has all columns is the heading: some files have a title above it."""


def read_table(path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> list[Row]:
    """The lines of a table, CSV or Excel, whatever the file is called.

    Raises:
        BadData: as `read_rows` and `read_sheet`; a file of Excel before 2007.
    """
    try:
        with path.open("rb") as file:
            begin = file.read(len(ZIP))
    except OSError:
        begin = b""  # read_rows says why
    if begin == OLD_EXCEL:
        raise BadData(f"{path}: is a file of Excel before 2007; save it as .xlsx or as CSV")
    return read_sheet(path, columns, optional) if begin == ZIP else read_rows(path, columns, optional)


def read_sheet(path: Path, columns: Sequence[str], optional: Sequence[str] = (), *, sheet: str = "") -> list[Row]:
    """The lines below the heading that are not empty, by the names in it.

    Args:
        path: the file.
        columns: that the heading must have, in this case or another.
        optional: columns whose names may stand in another case too.
        sheet: its name; empty: the first.

    Raises:
        BadData: no such file, no Excel file, no such sheet, or a column of `columns` is missing.
    """
    lines = _read_cells(path, sheet) or [()]
    headings = [known_names(list(map(_text, line)), (*columns, *optional)) for line in lines[:HEADING_LINES]]
    at = next((number for number, names in enumerate(headings) if set(columns) <= set(names)), 0)
    check_columns(f"{path}, line {at + 1}", headings[at], columns, optional)
    return _rows(path, headings[at], lines, first=at + 1)


def read_sheet_by_place(path: Path, names: Sequence[str]) -> list[Row]:
    """The same for a first line whose words differ between copies: `names` are given to the first columns.

    Raises:
        BadData: no such file, or no Excel file.
    """
    return _rows(path, names, _read_cells(path, ""), first=1)


def _rows(path: Path, names: Sequence[str], lines: Sequence[Cells], first: int) -> list[Row]:
    """Of the lines from number `first` on, counted from 0."""
    return [
        Row(f"{path}, line {number}", {name: _text(cell) for name, cell in zip(names, line, strict=False) if name})
        for number, line in enumerate(lines[first:], start=first + 1)
        if any(cell is not None for cell in line)
    ]


def _text(cell: object) -> str:
    return "" if cell is None else str(cell)


def _read_cells(path: Path, sheet: str) -> list[Cells]:
    import openpyxl  # noqa: PLC0415 - few data sets need it
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415 - as above

    try:
        with path.open("rb") as file:  # openpyxl would judge a path by its suffix
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            if sheet and sheet not in book.sheetnames:
                raise BadData(f"{path}: has no sheet {sheet}; its sheets are {', '.join(book.sheetnames)}")
            cells = book[sheet] if sheet else book.worksheets[0]
            cells.reset_dimensions()  # some programs write a wrong one, which would cut columns off
            return list(cells.iter_rows(values_only=True))
    except FileNotFoundError:
        raise BadData(f"{path}: no such file. Give the data set's place with --data_path") from None
    except (
        OSError,
        zipfile.BadZipFile,
        zlib.error,
        InvalidFileException,
        KeyError,
        IndexError,
        ValueError,
        SyntaxError,
    ) as error:
        raise BadData(f"{path}: cannot be read as an Excel file ({error})") from error
