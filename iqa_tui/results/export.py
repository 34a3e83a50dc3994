"""The table as a file: CSV and JSON for programs, Markdown and LaTeX for readers.

Screen and command line both call `write_table`, so they write the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from iqa_tui.results.columns import ResultColumn, chosen_columns
from iqa_tui.results.latex import latex_file
from iqa_tui.results.markdown import markdown_text
from iqa_tui.results.table import Table
from iqa_tui.results.values import csv_text, json_text
from training.runfolder.text import plain_copy
from training.runfolder.write import write_atomic

SUFFIXES = {"csv": ".csv", "markdown": ".md", "latex": ".tex", "json": ".json"}
FORMATS = tuple(SUFFIXES)
LONGEST_STEM = 100
"""Characters of a suggested file name."""


class ExportError(Exception):
    """The table could not be written; the text names the file and what to do."""


def render(table: Table, format: str, columns: Sequence[str] = ()) -> str:  # noqa: A002  the command line's word
    """The whole file as text, ending in a newline. JSON escapes control characters in texts, the others leave them out.

    Args:
        columns: of Markdown and LaTeX; none: the usual ones. CSV and JSON hold all.

    Raises:
        ExportError: no such format.
        PlanError: no such column.
    """
    if format == "json":
        return json_text(table)
    table = plain_copy(table)
    if format == "csv":
        return csv_text(table)
    writers: dict[str, Callable[[Table, Sequence[ResultColumn]], str]] = {
        "markdown": markdown_text,
        "latex": latex_file,
    }
    if format not in writers:
        raise ExportError(f"There is no format {format!r}. Choose one of: {', '.join(FORMATS)}.")
    return writers[format](table, chosen_columns(table, columns))


def suggested_name(table: Table, format: str) -> str:  # noqa: A002
    """A file name that says what is in it, for example `koniq-losses.md`."""
    stem = re.sub(r"[^A-Za-z0-9.+=-]+", "_", table.group or table.plan_name).strip("_") or "results"
    return stem[:LONGEST_STEM] + SUFFIXES[format]


def is_taken(path: Path) -> bool:
    """Whether writing the table there would replace a file."""
    try:
        return path.expanduser().is_file()
    except (OSError, RuntimeError):
        return False


def write_table(table: Table, format: str, path: Path, columns: Sequence[str] = ()) -> Path:  # noqa: A002
    """Write the table and return the absolute path.

    Args:
        columns: see `render`.

    Raises:
        PlanError: no such column.
        ExportError: no such format, or the file cannot be written; an older file of that name is untouched then.
    """
    content = render(table, format, columns).encode()
    try:
        path = path.expanduser().absolute()
        if path.is_dir():
            raise ExportError(f"{path} is a folder. Name a file in it, for example {suggested_name(table, format)}.")
        if path.exists() and not path.is_file():
            raise ExportError(f"{path} is no file that could be replaced. Choose another place.")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, content, mode=0o666)  # readable by other users too, if the umask allows it
    except OSError as error:
        raise ExportError(f"{path} could not be written: {error.strerror or error}. Choose another place.") from error
    except (RuntimeError, ValueError) as error:  # `~user` without such a user, a NUL character
        raise ExportError(f"{path} could not be written: {error}. Choose another place.") from error
    return path
