"""Writes a run folder so that no reader ever sees half a file, not even after a crash."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from training.runfolder.fence import check_fence
from training.runfolder.job import JobRecord
from training.runfolder.layout import ATTEMPTS
from training.runfolder.schema import (
    Environment,
    ExitRecord,
    Owner,
    Place,
    ProcessRecord,
    Result,
    RetryRecord,
    Signature,
    StopRequest,
)
from training.runfolder.spec import Spec
from training.runfolder.tuned import Tuned

Record = (
    Spec
    | ProcessRecord
    | ExitRecord
    | StopRequest
    | Place
    | RetryRecord
    | Result
    | Signature
    | Environment
    | Owner
    | Tuned
    | JobRecord
)

FILE_MODE = 0o644
FOLDER_MODE = 0o755
"""Of all that is written in a run folder, less the umask: a run in which others may write is not started."""
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def finite(value: Any) -> Any:
    """Replace every float that JSON cannot hold (NaN, infinities) by None, inside lists and dicts too."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value


def sync_folder(path: Path) -> None:
    """Make a rename in `path` last through a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path) -> None:
    """Make this one folder, unless it exists, and none above it: a run that was deleted stays deleted.

    Raises:
        OSError: the folder above it is missing, or may not be written.
    """
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, FOLDER_MODE)  # noqa: PTH102  as below: the mode from its first instant
        _close_to_others(path)


def _close_to_others(entry: Path | int) -> None:
    """Take the right to write from others, if the file system gave it: access lists may overrule the mode."""
    with contextlib.suppress(OSError):  # a file system without modes
        mode = stat.S_IMODE(os.stat(entry).st_mode)  # noqa: PTH116  of a descriptor too
        if mode & OTHERS_WRITE:
            os.chmod(entry, mode & ~OTHERS_WRITE)  # noqa: PTH101  as above


def open_own(path: Path, how: str, mode: int = FILE_MODE) -> IO[bytes]:
    """Open a file for writing bytes; a link in its place is not followed.

    Args:
        how: as for `open`.
        mode: rights of a file that is made, less the umask's.

    Raises:
        OSError: it cannot be opened, or is a symbolic link.
    """
    file: IO[bytes] = open(path, how, opener=lambda name, flags: os.open(name, flags | os.O_NOFOLLOW, mode))  # noqa: SIM115
    if not mode & OTHERS_WRITE:
        _close_to_others(file.fileno())
    return file


def write_atomic(path: Path, content: bytes, *, mode: int = FILE_MODE) -> None:
    """Write aside, flush, fsync, replace, fsync the folder. The folder is made if only it is missing.

    Args:
        mode: rights of the file, less the umask's. By default its owner alone may write it.

    Raises:
        OSError: the old file stands then, whole.
        Fenced: this process's fence is down; the old file stands then too.
    """
    check_fence(fresh=True)
    make_folder(path.parent)
    aside = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}.tmp")
    try:
        with open_own(aside, "xb", mode) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        check_fence(fresh=True)  # writing may have taken long
        aside.replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            aside.unlink()
        raise
    sync_folder(path.parent)


def remove_left_over(*paths: Path) -> None:
    """Delete what a killed writer left beside these files and in these folders, which no other process may write."""
    for path in paths:
        for aside in path.glob(".*.tmp") if path.is_dir() else path.parent.glob(f".{path.name}.*.tmp"):
            with contextlib.suppress(OSError):
                aside.unlink()


def write_json(path: Path, content: dict[str, Any]) -> None:
    write_atomic(path, _json_bytes(content))


def record_bytes(record: Record) -> bytes:
    """What `write_record` writes."""
    return _json_bytes(dataclasses.asdict(record))


def _json_bytes(content: dict[str, Any]) -> bytes:
    return json.dumps(finite(content), indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def write_record(path: Path, record: Record) -> None:
    """Write one of the whole files of `schema`. An attempt's first one makes the two folders above it, and no more."""
    if path.parent.parent.name == ATTEMPTS:
        make_folder(path.parent.parent)
    write_json(path, dataclasses.asdict(record))


def write_record_once(path: Path, record: Record) -> bool:
    """Write a record that none may replace: by a hard link, which fails if the name is taken, on network disks too.

    Returns:
        False if there is one already; it stands.

    Raises:
        OSError: it cannot be written.
        Fenced: as `write_atomic`.
    """
    if path.parent.parent.name == ATTEMPTS:
        make_folder(path.parent.parent)
    aside = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}.once")
    write_json(aside, dataclasses.asdict(record))
    try:
        os.link(aside, path)
    except FileExistsError:
        return False
    finally:
        aside.unlink()
    sync_folder(path.parent)
    return True


def write_record_into(reserve: Path, path: Path, record: Record) -> None:
    """Write a record over the content of `reserve` and rename that file to `path`.

    As atomic as `write_record`, but it needs no free block, which another process could take on a full disk.

    Raises:
        OSError: no reserve, or a file system that writes nothing in place; `path` is as it was then.
        Fenced: as `write_atomic`.
    """
    check_fence(fresh=True)
    with open_own(reserve, "r+b") as file:
        file.write(_json_bytes(dataclasses.asdict(record)))
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
    reserve.replace(path)
    sync_folder(path.parent)


LARGEST_WAITING_BYTES = 4 << 20
"""Events that a full disk refuses are kept in memory up to this: hours of them."""


class EventWriter:
    """Appends to `events.jsonl`; one writer at a time.

    A line is one `os.write` on an O_APPEND descriptor. If the last byte of the file is no newline (a writer was
    killed in the middle of a line) one is written first, so the torn line stays alone. Lines that a full disk refuses
    wait in memory and are written, in order, with the first one that it takes again: no event is worth a run.
    """

    def __init__(self, path: Path, attempt: int, clock: Callable[[], float] = time.time) -> None:
        make_folder(path.parent)
        self.trouble = ""
        """Why events wait, in words; empty while none does."""
        self._attempt = attempt
        self._clock = clock
        self._waiting = b""
        self._descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE)
        self._line_is_open = self._ends_in_a_torn_line()

    def _ends_in_a_torn_line(self) -> bool:
        size = os.fstat(self._descriptor).st_size
        return size > 0 and os.pread(self._descriptor, 1, size - 1) != b"\n"

    def write(self, kind: str, **fields: Any) -> None:
        """Append one event, or keep it in memory if the disk is full: see `trouble`. Raises as `write_atomic`."""
        event = {"kind": kind, "t": round(self._clock(), 3), "attempt": self._attempt, **finite(fields)}
        line = json.dumps(event, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        if len(self._waiting) + len(line) <= LARGEST_WAITING_BYTES:
            self._waiting += line
        self._write_waiting()

    def _write_waiting(self) -> None:
        check_fence()
        first = b"\n" if self._line_is_open else b""
        lines = first + self._waiting
        try:
            written = os.write(self._descriptor, lines)
        except OSError as error:
            self.trouble = error.strerror or str(error)
            return
        whole = lines.rfind(b"\n", 0, written) + 1
        self._waiting = lines[whole:] if whole else self._waiting
        self.trouble = "the disk took half a line" if self._waiting else ""
        self._line_is_open = not whole and bool(first)
        if written > whole:
            self._take_back(written - whole)

    def _take_back(self, torn_bytes: int) -> None:
        try:
            os.ftruncate(self._descriptor, os.fstat(self._descriptor).st_size - torn_bytes)
        except OSError:
            self._line_is_open = True

    def close(self) -> None:
        """Try once more to write what waits. Raises as `write_atomic`."""
        try:
            if self._waiting:
                self._write_waiting()
        finally:
            os.close(self._descriptor)
