"""Finds images by name in folders whose files are not always spelt as the labels spell them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class ImageFolders:
    """The files of some folders, each listed once. Folders that are not there hold nothing."""

    def __init__(self, folder: Path, subfolders: Sequence[str]) -> None:
        self._default = folder / subfolders[0]
        self._exact: dict[str, Path] = {}
        self._folded: dict[str, Path] = {}
        for name in subfolders:
            if (folder / name).is_dir():
                for path in sorted((folder / name).iterdir()):
                    self._exact.setdefault(path.name, path)
                    self._folded.setdefault(path.name.casefold(), path)

    def path(self, name: str) -> Path:
        """The image's path: spelt exactly so, else with other case, the first folder before the next.

        For a missing image, the path that it should have in the first folder, for the error.
        """
        return self._exact.get(name) or self._folded.get(name.casefold()) or self._default / name
