"""Finds files whose names, or whose folders' names, are in other case than asked for or in decomposed letters (NFD)."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from training.errors import BadData


def folded(name: str) -> str:
    """The same for all spellings of a name that differ in case or in how letters are composed."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


class Spellings:
    """What folders hold, each listed once."""

    def __init__(self) -> None:
        self._listed: dict[Path, dict[str, list[Path]]] = {}

    def find(self, path: Path) -> Path | None:
        """The file itself, else the only one whose name, or whose folders' names, are spelt otherwise.

        None if there is none, or if several would do.
        """
        if os.path.exists(path):  # noqa: PTH110 - a name that no file can have is no error here
            return path
        folder = None if path.parent == path else self.find(path.parent)
        if folder is None:
            return None
        if "\\" in path.name:  # written on Windows
            return self.find(folder / path.name.replace("\\", "/"))
        found = self.named(folder, path.name)
        return found[0] if len(found) == 1 else None

    def named(self, folder: Path, name: str) -> list[Path]:
        """The files of `folder` that have this name in some spelling, in order."""
        if folder not in self._listed:
            listed = self._listed[folder] = {}
            for path in _listing(folder):
                listed.setdefault(folded(path.name), []).append(path)
        return self._listed[folder].get(folded(name), [])


def _listing(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:  # no folder, or not ours to list
        return []


class ImageFolders:
    """The files of some folders. Folders that are not there hold nothing."""

    def __init__(self, folder: Path, subfolders: Sequence[str]) -> None:
        self._default = folder / subfolders[0]
        self._spellings = Spellings()
        places = [self._spellings.find(folder / name) for name in subfolders]
        self._folders = [place for place in places if place is not None]
        self._exact: dict[str, Path] = {}
        for place in self._folders:
            for path in _listing(place):
                self._exact.setdefault(path.name, path)

    def path(self, name: str) -> Path:
        """The image's path: spelt exactly so, else in another way, the first folder before the next.

        For a missing image, the path that it should have in the first folder, for the error.
        """
        if name in self._exact:
            return self._exact[name]
        found = [path for place in self._folders for path in self._spellings.named(place, name)]
        return found[0] if found else self._default / name


def find_labels(folder: Path, name: str) -> Path | None:
    """A label file of a data set's folder, however it is spelt; None if it is not there."""
    found = Spellings().find(folder / name) if folder.is_dir() else None
    return found if found is not None and found.is_file() else None


def label_file(folder: Path, name: str, source: str) -> Path:
    """A label file of a data set's folder, however it is spelt.

    Args:
        folder: of the data set.
        name: below it, as the data set's authors spell it.
        source: a sentence that says where to get the file, for a user who has the images alone.

    Raises:
        BadData: it is not there, or the folder is not.
    """
    found = find_labels(folder, name)
    if found is not None:
        return found
    if not folder.is_dir():
        raise BadData(f"{folder / name}: no such file, for there is no such folder. Give the data set's by --data_path")
    raise BadData(f"{folder / name}: no such file in this data set's folder. {source}")


def label_files(folder: Path, subfolders: Sequence[str], ending: str, source: str) -> list[Path]:
    """The label files of the first of some subfolders that has any, by name.

    Args:
        folder: of the data set.
        subfolders: other names of the same thing, as the authors spell them.
        ending: of the files' names.
        source: a sentence that says where to get the files.

    Raises:
        BadData: there are none.
    """
    for name in subfolders:
        place = Spellings().find(folder / name)
        if place is not None and (files := [path for path in _listing(place) if folded(path.suffix) == ending]):
            return sorted(files, key=lambda path: folded(path.name))
    if not folder.is_dir():
        raise BadData(f"{folder}: no such file, for there is no such folder. Give the data set's by --data_path")
    others = "".join(f", nor of {name}" for name in subfolders[1:])
    raise BadData(
        f"{folder / subfolders[0]}: no such file in this data set's folder ends in {ending}{others}. {source}"
    )
