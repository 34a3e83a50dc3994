"""A folder held by descriptor: the folder itself, whatever becomes of its name meanwhile.

Links are followed up to the folder of all runs and never below it. A user who may write there can put a link or another
folder in a run's place between two looks; a path that begins with `/proc/self/fd/N` cannot be led elsewhere by that.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.runfolder.descriptors import descriptor_in
from training.runfolder.layout import RunFolder
from training.runfolder.opening import KINDS

FLAGS = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
"""O_PATH: holding a folder needs no right to list it."""


def hold(run: RunFolder) -> tuple[RunFolder, int]:
    """Open a run's folder, until the caller closes the descriptor.

    Returns:
        The run, whose path goes through the descriptor and whose name is still known; the descriptor, to be closed. A
        child that is to use the path must inherit the descriptor under the same number.

    Raises:
        NotADirectoryError: it is a symbolic link, or no folder.
        OSError: it is not there, or closed to us.
    """
    if is_held_path(run.path):  # it is held already: its path is a link of the kernel's
        descriptor = os.open(run.path, FLAGS & ~os.O_NOFOLLOW)
        return RunFolder(_path_of(descriptor), run.name or run.shown.name), descriptor
    above = os.open(run.path.parent, FLAGS & ~os.O_NOFOLLOW)
    try:
        descriptor = _open_folder(run.path.name, run.path, above)
    finally:
        os.close(above)
    return RunFolder(_path_of(descriptor), run.run_id), descriptor


@contextlib.contextmanager
def held(run: RunFolder) -> Iterator[RunFolder]:
    """As `hold`, for the length of a block. Errors raised in it name the folder by its real path."""
    folder, descriptor = hold(run)
    try:
        yield folder
    except Exception as error:
        _name_really(error, str(folder.path), str(run.path))
        raise
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def held_folder(path: Path) -> Iterator[Path]:
    """Open a folder in a held one for the length of a block, by the last part of its path. Raises as `hold`."""
    descriptor = _open_folder(str(path), path)
    held_path = _path_of(descriptor)
    try:
        yield held_path
    except Exception as error:
        _name_really(error, str(held_path), str(path))
        raise
    finally:
        os.close(descriptor)


def _open_folder(name: str, path: Path, above: int | None = None) -> int:
    """Open `name`, in the folder `above` if there is one; `path` is for error texts."""
    try:
        return os.open(name, FLAGS, dir_fd=above)
    except OSError as error:
        # Linux says ENOTDIR of a link too, as O_DIRECTORY is asked first.
        if error.errno in (errno.ELOOP, errno.ENOTDIR) and (kind := _kind(name, above)):
            raise NotADirectoryError(errno.ENOTDIR, f"is {kind}, not a folder", str(path)) from None
        error.filename = str(path)
        raise


def _kind(name: str, above: int | None) -> str:
    """In words; empty if it is gone, or what is above it is no folder."""
    try:
        found = os.stat(name, dir_fd=above, follow_symlinks=False)
    except OSError:
        return ""
    return KINDS.get(stat.S_IFMT(found.st_mode), "a file")


def _path_of(descriptor: int) -> Path:
    return Path(f"/proc/self/fd/{descriptor}")


def _name_really(error: Exception, held_path: str, real_path: str) -> None:
    """Put the real path into an error: one through a descriptor says nothing to people, least of all once closed."""
    error.args = tuple(_named(part, held_path, real_path) for part in error.args)
    if isinstance(error, OSError):
        for which in ("filename", "filename2"):
            name = getattr(error, which)
            if name is not None:
                setattr(error, which, _named(str(name), held_path, real_path))


def _named(part: object, held_path: str, real_path: str) -> object:
    if not isinstance(part, str):
        return part
    return re.sub(rf"{re.escape(held_path)}(?!\d)", lambda _: real_path, part)


def hold_folder_of_runs(path: Path) -> Path:
    """The path of a folder of runs by a descriptor that stays open as long as this process lives.

    Raises:
        OSError: there is no such folder.
    """
    return Path(f"/proc/self/fd/{os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)}")


def is_held_path(path: Path) -> bool:
    """Whether it is a held folder's own path."""
    return descriptor_in(path) is not None and len(path.parts) == 5  # /, proc, self, fd, N


def is_deleted(descriptor: int) -> bool:
    """Whether the folder of this descriptor has no directory entry left."""
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

    Everything below is reached by descriptor, so all that is looked at lies in this folder. With an access control
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
