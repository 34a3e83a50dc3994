"""A run's folder itself instead of its name: it may be renamed, and another may get its name, while it is held.

A held folder's path goes through a descriptor (`/proc/self/fd/N`), so whatever is opened below it lies in that very
folder. If the folder was deleted, nothing can be made in it any more, so no writer ever makes it anew.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from training.runfolder.layout import RunFolder, descriptor_in
from training.runfolder.schema import UnreadableFile


def hold(run: RunFolder) -> tuple[RunFolder, int]:
    """Open a run's folder. Links are followed up to the folder of runs, and not below it.

    Returns:
        The run by its descriptor, and the descriptor, which is the caller's to close and is not inherited.

    Raises:
        UnreadableFile: it is a link or a file.
        OSError: there is no such folder, or it may not be opened.
    """
    descriptor = _open(run.path)
    held = RunFolder(Path(f"/proc/self/fd/{descriptor}"))
    return RunFolder(held.path, name=run.name or (held.shown if is_held_path(run.path) else run.path).name), descriptor


def _open(path: Path) -> int:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    if is_held_path(path):
        return os.open(path, flags)
    parent = os.open(path.parent, flags)
    try:
        return os.open(path.name, flags | os.O_NOFOLLOW, dir_fd=parent)
    except OSError as error:
        if error.errno in (errno.ENOTDIR, errno.ELOOP):
            raise UnreadableFile(f"{path}: is a link or a file, not the folder of a run. Move it away.") from error
        error.filename = str(path)
        raise
    finally:
        os.close(parent)


def hold_folder_of_runs(path: Path) -> Path:
    """The path of a folder of runs by a descriptor that stays open as long as this process lives.

    Raises:
        OSError: there is no such folder.
    """
    return Path(f"/proc/self/fd/{os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)}")


def is_held_path(path: Path) -> bool:
    """Whether it is a held folder's own path."""
    return descriptor_in(path) is not None and len(path.parts) == 5  # /, proc, self, fd, N


@contextmanager
def held(run: RunFolder) -> Iterator[RunFolder]:
    """The run by its folder's descriptor, for as long as an order takes. Raises as `hold`."""
    by_descriptor, descriptor = hold(run)
    try:
        yield by_descriptor
    finally:
        os.close(descriptor)


def is_deleted(descriptor: int) -> bool:
    """Whether the folder of this descriptor has no name any more."""
    return os.fstat(descriptor).st_nlink == 0 or str(Path(f"/proc/self/fd/{descriptor}").readlink()).endswith(
        " (deleted)"
    )


MOST_ENTRIES = 100_000
"""Entries of a run that are looked at; a run has some dozens."""


@dataclass(frozen=True, slots=True)
class Openness:
    """What another user may write in a run's folder, or has put there."""

    words: str
    can_be_closed: bool
    """By `chmod -R go-w`; otherwise it must be moved away."""


def open_to_others(folder: int) -> Openness | None:
    """The first thing in a run's folder that is not its owner's alone; None if there is none.

    Everything below is reached by descriptor, so what is looked at is what lies in this folder. With an access control
    list the group's bits are its mask, so they bound what the list can give.

    Args:
        folder: descriptor of the run's folder.
    """
    found = _openness(os.fstat(folder), ".")
    count = 0
    for where, folders, files, at in os.fwalk(".", dir_fd=folder, follow_symlinks=False):
        for name in (*folders, *files):
            count += 1
            if found is not None:
                return found
            if count > MOST_ENTRIES:
                return Openness(f"it holds more than {MOST_ENTRIES:,} files", can_be_closed=False)
            with contextlib.suppress(FileNotFoundError):
                entry = os.stat(name, dir_fd=at, follow_symlinks=False)
                found = _openness(entry, os.path.normpath(f"{where}/{name}"))
    return found


def _openness(entry: os.stat_result, name: str) -> Openness | None:
    what = "its folder" if name == "." else name
    if entry.st_uid != os.geteuid():
        return Openness(f"{what} belongs to user {entry.st_uid}", can_be_closed=False)
    if stat.S_ISLNK(entry.st_mode):
        return Openness(f"{what} is a symbolic link", can_be_closed=False)
    if not (stat.S_ISDIR(entry.st_mode) or stat.S_ISREG(entry.st_mode)):
        return Openness(f"{what} is neither a file nor a folder", can_be_closed=False)
    if stat.S_IMODE(entry.st_mode) & (stat.S_IWGRP | stat.S_IWOTH):
        return Openness(f"{what} may be written by others", can_be_closed=True)
    return None
