"""Opens what stands in a run folder, whichever user put it there: follows no link, never waits, reads to a limit."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from training.runfolder.errors import UnreadableFile

LARGEST_RECORD_BYTES = 4 << 20
"""Of a whole file. A spec carries its plan and a result every setting; both have some kilobytes. Linux starts no
process with a larger environment. A million empty lists, which fit in it, take a reader a third of a second.
"""
USUAL_RECORD_BYTES = 32 << 10
"""Read at once: most records are no longer."""

KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a folder",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def open_regular(path: Path, flags: int = os.O_RDONLY, mode: int = 0o644) -> int:
    """Open a file without waiting, and only if it is a file.

    Args:
        path: its last part is not followed if it is a symbolic link.
        flags: as for `os.open`.
        mode: of a file that is made.

    Returns:
        The descriptor, not inherited by children.

    Raises:
        UnreadableFile: there is something else of this name.
        OSError: no such file, no permission, …
    """
    try:
        descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY | os.O_CLOEXEC, mode)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.EISDIR):
            raise UnreadableFile(f"{path}: is {_kind(path)}, not a file. Move it away.") from error
        raise
    kind = stat.S_IFMT(os.fstat(descriptor).st_mode)
    if kind != stat.S_IFREG:
        os.close(descriptor)
        raise UnreadableFile(f"{path}: is {KINDS.get(kind, 'something else')}, not a file. Move it away.")
    return descriptor


def is_there(path: Path) -> bool:
    """Whether anything has this name, even a link that leads nowhere.

    Raises:
        OSError: it cannot be looked at.
    """
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _kind(path: Path) -> str:
    try:
        return KINDS.get(stat.S_IFMT(path.lstat().st_mode), "something else")
    except OSError:
        return "something else"


def read_bounded(path: Path, largest_bytes: int = LARGEST_RECORD_BYTES) -> bytes:
    """All of a file, if it is not too long.

    Raises:
        UnreadableFile: something else than a file, or a longer one.
        OSError: as `open_regular`.
    """
    descriptor = open_regular(path)
    try:
        content = os.read(descriptor, USUAL_RECORD_BYTES)
        if len(content) < USUAL_RECORD_BYTES:  # its end
            return content
        size = os.fstat(descriptor).st_size
        if size > largest_bytes:
            raise UnreadableFile(f"{path}: {size:,} bytes are more than such a file can have ({largest_bytes:,}).")
        while len(content) <= largest_bytes and (more := os.read(descriptor, largest_bytes)):
            content += more
    finally:
        os.close(descriptor)
    if len(content) > largest_bytes:  # it grew while it was read
        raise UnreadableFile(f"{path}: is longer than such a file can be ({largest_bytes:,} bytes).")
    return content
