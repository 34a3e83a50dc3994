"""From what the user names (files, folders, patterns, a list on standard input) to image files, in order.

A name that leads to no image becomes a `Failure` in its place: one bad name among thousands costs no score.
"""

from __future__ import annotations

import glob
import os
import reprlib
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.errors import BadData

STANDARD_INPUT = "-"
ENDINGS = frozenset(
    (
        ".avif",
        ".bmp",
        ".gif",
        ".heic",
        ".heif",
        ".j2k",
        ".jfif",
        ".jp2",
        ".jpe",
        ".jpeg",
        ".jpg",
        ".pbm",
        ".pgm",
        ".png",
        ".pnm",
        ".ppm",
        ".tga",
        ".tif",
        ".tiff",
        ".webp",
    )
)
"""Of files that count as images in a folder, in small letters. A file that is named itself may have any ending."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An image that cannot be scored."""

    image: str
    """As it was asked for."""
    error: str
    """Names the image and says what is wrong."""


Asked = str | Failure


def asked_images(names: Sequence[str], *, is_recursive: bool, lines: Iterable[bytes]) -> Iterator[Asked]:
    """The images behind each name.

    Args:
        names: of files or folders, patterns such as `photos/*.jpg` or `**/*.png`, or `-`.
        is_recursive: look into the folders of a folder too.
        lines: of standard input, a path each; read if a name is `-`, and no faster than the images are asked for.
    """
    for name in names:
        if name == STANDARD_INPUT:
            for line in lines:
                if path := os.fsdecode(line.rstrip(b"\r\n")):
                    yield from _behind(path, is_recursive)
        else:
            for path in _matches(name):
                yield from _behind(path, is_recursive)


def is_known_in_advance(names: Sequence[str]) -> bool:
    """Whether all images can be listed before the first is scored."""
    return STANDARD_INPUT not in names


def _matches(name: str) -> list[str]:
    """The names that fit a pattern; the name itself if it is none, or if a file is called so."""
    if not glob.has_magic(name) or os.path.lexists(name):
        return [name]
    return sorted(glob.glob(name, recursive=True)) or [name]  # noqa: PTH207 - pathlib would lose a leading `./`


def _behind(path: str, is_recursive: bool) -> Iterator[Asked]:
    try:
        is_folder = stat.S_ISDIR(os.stat(path).st_mode)  # noqa: PTH116 - of every line of a list
    except (OSError, ValueError):
        is_folder = False  # `image_file` says what is wrong
    if not is_folder:
        yield path
        return
    is_empty = True
    for found in _in_folder(path, is_recursive):
        is_empty = False
        yield found
    if is_empty:
        below = "" if is_recursive else "; --recursive looks into the folders below it"
        yield Failure(path, f"{path}: is a folder without images{below}")


def _in_folder(folder: str, is_recursive: bool) -> Iterator[Asked]:
    """Images in order of their names, those of the folder before those of its folders; none that are hidden."""
    try:
        with os.scandir(folder) as entries:
            found = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)
    except OSError as error:
        yield Failure(folder, f"{folder}: cannot be listed ({error.strerror})")
        return
    shown = [(os.path.join(folder, name), is_folder) for name, is_folder in found if not name.startswith(".")]  # noqa: PTH118
    yield from (path for path, is_folder in shown if not is_folder and Path(path).suffix.lower() in ENDINGS)
    if is_recursive:
        for path, is_folder in shown:
            if is_folder:
                yield from _in_folder(path, is_recursive)


def image_file(image: str) -> Path:
    """The file of this name, which can be opened without waiting.

    Raises:
        BadData: there is none; the text names the image.
    """
    if "://" in image:
        raise BadData(f"{image}: is a web address; download the image and give its file")
    path = Path(image)
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise BadData(f"{image}: no such image") from None
    except (OSError, ValueError) as error:  # a name that is too long, or holds a NUL
        reason = error.strerror if isinstance(error, OSError) else error
        raise BadData(f"{reprlib.repr(image)}: {reason}") from None
    if stat.S_ISDIR(mode):
        raise BadData(f"{image}: is a folder; give its images, for example {path / '*.jpg'}")
    if not stat.S_ISREG(mode):  # opening a pipe would wait for its writer
        raise BadData(f"{image}: is no regular file; give an image file")
    return path
