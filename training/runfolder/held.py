"""A folder held by descriptor: the folder itself, whatever becomes of its name meanwhile.

Links are followed up to the folder of all runs and never below it. Whoever may write there can put a link, or another
folder, in a run's place between two looks; a path that begins with `/proc/self/fd/N` cannot be led elsewhere by that.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from training.runfolder.layout import RunFolder
from training.runfolder.opening import KINDS

FLAGS = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
"""O_PATH: holding a folder asks for no right to list it."""


def hold(run: RunFolder) -> tuple[RunFolder, int]:
    """Open a run's folder for as long as the caller wants to have it.

    Returns:
        The run, whose path goes through the descriptor and whose name is still known; the descriptor, to be closed. A
        child that is to use the path must inherit the descriptor under the same number.

    Raises:
        NotADirectoryError: it is a symbolic link, or no folder.
        OSError: it is not there, or closed to us.
    """
    if run.name:  # it is held already, and its path is a link of the kernel's
        descriptor = os.open(run.path, FLAGS & ~os.O_NOFOLLOW)
        return RunFolder(_path_of(descriptor), run.name), descriptor
    above = os.open(run.path.parent, FLAGS & ~os.O_NOFOLLOW)
    try:
        descriptor = _open_folder(run.path.name, run.path, above)
    finally:
        os.close(above)
    return RunFolder(_path_of(descriptor), run.run_id), descriptor


@contextlib.contextmanager
def held(run: RunFolder) -> Iterator[RunFolder]:
    """As `hold`, for the length of a block. What is raised in it names the folder by its real path."""
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
    """Open `name`, in the folder `above` if there is one; `path` is for the words."""
    try:
        return os.open(name, FLAGS, dir_fd=above)
    except OSError as error:
        # Linux says ENOTDIR of a link too, as O_DIRECTORY is asked first.
        if error.errno in (errno.ELOOP, errno.ENOTDIR) and (kind := _kind(name, above)):
            raise NotADirectoryError(errno.ENOTDIR, f"is {kind}, not a folder", str(path)) from None
        error.filename = str(path)
        raise


def _kind(name: str, above: int | None) -> str:
    """In words; empty if it is gone, or lies below something that is no folder."""
    try:
        found = os.stat(name, dir_fd=above, follow_symlinks=False)
    except OSError:
        return ""
    return KINDS.get(stat.S_IFMT(found.st_mode), "a file")


def _path_of(descriptor: int) -> Path:
    return Path(f"/proc/self/fd/{descriptor}")


def _name_really(error: Exception, held_path: str, real_path: str) -> None:
    """A path through a descriptor says nothing to people, and nothing at all once it is closed."""
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
