"""Reading a file that says what this program does in the user's name: no other user may have written it.

Standard library only: the supervisor uses it.
"""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path

LARGEST_BYTES = 256 << 10
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


class NotOwn(Exception):
    """A file that another user may have written, or none at all; the text says what helps."""


def read_own(path: Path) -> bytes:
    """All of a file. A link is followed, since settings are often kept elsewhere; what it leads to is looked at.

    Raises:
        NotOwn: another user but root owns the file or its folder, or others may write in one of them; it is no file, or
            too long.
        OSError: no such file, no permission, …
    """
    _refuse_if_open(path.parent.stat(), path.parent)
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise NotOwn("it is no file")
        _refuse_if_open(found, path)
        content = b""
        while len(content) <= LARGEST_BYTES and (more := os.read(descriptor, LARGEST_BYTES)):
            content += more
    finally:
        os.close(descriptor)
    if len(content) > LARGEST_BYTES:
        raise NotOwn(f"it is longer than {LARGEST_BYTES:,} bytes")
    return content


def _refuse_if_open(found: os.stat_result, path: Path) -> None:
    what = "its folder" if stat.S_ISDIR(found.st_mode) else "it"
    if found.st_uid not in (0, os.geteuid()):
        raise NotOwn(f"{what} belongs to another user (user {found.st_uid})")
    is_sticky_folder = stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX
    if found.st_mode & OTHERS_WRITE and not is_sticky_folder:
        raise NotOwn(f"other users may write {what}: chmod go-w {shlex.quote(str(path))}")
