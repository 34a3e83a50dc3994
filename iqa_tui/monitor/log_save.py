"""Writes a log, or a part of it, as text that no terminal obeys."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from iqa_tui.monitor.log_screen import LogLine, LogScreen
from iqa_tui.monitor.log_slices import slice_after
from training.runfolder.errors import UnreadableFile
from training.runfolder.opening import open_regular
from training.runfolder.write import open_own


class NotSaved(Exception):
    """Says in words why not."""


def is_taken(path: Path) -> bool:
    """Whether saving there would replace a file.

    Raises:
        NotSaved: it is no place for a file.
    """
    try:
        path = path.expanduser()
        if path.is_dir() or (path.exists() and not path.is_file()):
            raise NotSaved(f"{path} is no file that could be replaced. Choose another place.")
        return path.is_file()
    except (OSError, RuntimeError, ValueError) as error:
        raise _not_saved(path, error) from error


def save_log(output: Path, path: Path, first: int = 0, end: int | None = None) -> tuple[Path, int]:
    """Write the lines as they would stand on a terminal, in UTF-8.

    Args:
        output: the log.
        path: a file there is replaced, at the end.
        first, end: offsets of the first line and after the last one; None: up to the end of the log.

    Returns:
        The absolute path and how many lines were written.

    Raises:
        NotSaved: the log cannot be read, or the file cannot be written; an older file of that name is untouched then.
    """
    count = 0
    try:
        path = path.expanduser().absolute()
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}.tmp")
        try:
            with open_own(aside, "xb", 0o666) as file:  # readable by other users too, if the umask allows it
                for count, line in enumerate(_lines(output, first, end), start=1):  # noqa: B007  how many there were
                    file.write(f"{line.text}\n".encode())
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
    except UnreadableFile as error:
        raise NotSaved(str(error)) from error
    except (OSError, RuntimeError, ValueError) as error:  # ValueError: a NUL character
        raise _not_saved(path, error) from error
    return path, count


def _lines(output: Path, first: int, end: int | None) -> Iterator[LogLine]:
    descriptor = open_regular(output)
    try:
        size = os.fstat(descriptor).st_size
        size = size if end is None else min(size, end)
        screen = LogScreen(first)
        while screen.offset < size and (data := slice_after(descriptor, screen.offset, size)):
            yield from screen.feed(data)
        yield from screen.rows()
    finally:
        os.close(descriptor)


def _not_saved(path: Path, error: Exception) -> NotSaved:
    return NotSaved(f"{path} could not be written: {getattr(error, 'strerror', None) or error}. Choose another place.")
