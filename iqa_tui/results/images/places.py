"""Where the file of a test image is. A run folder may be another user's: no name leads out of the data set's folder."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath, PureWindowsPath

from training.runfolder.mixed import is_mixed, places
from training.runfolder.text import plain

CSIQ_DISTORTIONS = ("awgn", "blur", "contrast", "fnoise", "jpeg", "jpeg2000")
PIPAL_PARTS = ("Distortion_1", "Distortion_2", "Distortion_3", "Distortion_4")
FOLDERS = {
    "koniq-10k": ("1024x768", "512x384", "train", "test"),
    "spaq": ("TestImage",),
    "kadid-10k": ("images",),
    "agiqa-3k": ("images", "Images", "AGIQA-3K", "."),
    "livec": ("Images",),
    "tid2013": ("distorted_images",),
    "tid2008": ("distorted_images",),
    "pipal": (
        *PIPAL_PARTS,
        *(f"Distortion/{part}" for part in PIPAL_PARTS),
        *(f"{part}/{part}" for part in PIPAL_PARTS),
        *("Dist_Imgs", "Train_Dist", "Train_Distort"),
    ),
    "uhd-iqa": ("test", "validation", "training"),
    "flive": (".",),
    "live": (".",),
    "csiq": ("dst_imgs_all", "dst_imgs", *(f"dst_imgs/{name}" for name in CSIQ_DISTORTIONS)),
    "bid": (".", "ImageDatabase"),
    "biq2021": ("Images",),
    "csv": (".",),
}
"""Data set to the folders below its own in which the trainer looks for images."""
OF_OTHERS = (".", "images", "Images")
DEMO = "demo"
LONGEST_NAME = 1000
MOST_LISTED = 100_000
"""Files of a folder that are looked at for a name in another spelling."""


class NotShown(Exception):
    """An image that is not shown; the text says why."""


def data_folders(dataset: str, told: Iterable[tuple[str, str]]) -> tuple[Path, ...]:
    """Where the data set may be: as the runs were told, then `$IQA_TUI_DATA/NAME`, then `data/NAME`.

    Args:
        told: `data_path` of each run (empty: none) and the folder in which its trainer worked (empty: not known).
    """
    root = os.environ.get("IQA_TUI_DATA", "")
    found = []
    for path, cwd in told:
        folder = _joined(cwd, path or f"{root or 'data'}/{dataset}")
        found.append(folder.parent if path and dataset == "csv" else folder)
    if root and dataset != "csv":
        found.append(_joined("", f"{root}/{dataset}"))
    return tuple(dict.fromkeys(found))


def place_of(dataset: str, data_path: str, *, is_one_of_several: bool) -> str:
    """Where `data_path` puts one data set; empty: nowhere."""
    by_name = places(data_path)
    if by_name:
        return by_name.get(dataset, "" if is_one_of_several else data_path)
    return f"{data_path}/{dataset}" if data_path and is_one_of_several else data_path


def _joined(cwd: str, path: str) -> Path:
    return Path(os.path.abspath(os.path.join(cwd, os.path.expanduser(path).replace("\0", ""))))  # noqa: PTH100, PTH111, PTH118  `Path` raises for ~unknown


def find_test_image(name: str, dataset: str, folders: Mapping[str, Sequence[Path]]) -> Path:
    """As `find_image`, of one data set or of several, whose images are called `koniq-10k/1.jpg`.

    Args:
        name: as the run's scores have it.
        dataset: of the run.
        folders: of each data set, as `data_folders` gives them.
    """
    if not is_mixed(dataset):
        return find_image(name, dataset, folders.get(dataset, ()))
    own, _, its_name = name.partition("/")
    return find_image(its_name, own, folders.get(own, ()))


def find_image(name: str, dataset: str, folders: Sequence[Path]) -> Path:
    """The image's file, without links in its path.

    Args:
        name: as the file of scores has it.
        folders: as `data_folders` gives them.

    Raises:
        NotShown: the name leads elsewhere, a link does, or there is no such file here.
    """
    if dataset == DEMO:
        raise NotShown("The demo data set makes its images while it runs: there is no file of this one.")
    _check_name(name)
    for root in folders:
        for folder in FOLDERS.get(dataset, OF_OTHERS):
            for path in _spellings(root, folder, name):
                if (real := _inside(root, path)) is not None:
                    return real
    looked_for = [root / folder / name for root in folders for folder in FOLDERS.get(dataset, OF_OTHERS)]
    if not looked_for:
        raise NotShown("The folder of the data set is not known: set IQA_TUI_DATA to the folder of all data sets.")
    others = f", and in {len(looked_for) - 1} other folders" if len(looked_for) > 1 else ""
    raise NotShown(f"The image is not on this machine. Looked for {plain(str(looked_for[0]))}{others}.")


def _check_name(name: str) -> None:
    for kind in (PurePosixPath, PureWindowsPath):
        path = kind(name)
        if not name or path.is_absolute() or path.drive or ".." in path.parts:
            raise NotShown(f"“{plain(name, 200)}” leads out of the data set's folder, so it is not opened.")
    if "\0" in name or len(name) > LONGEST_NAME:
        raise NotShown(f"“{plain(name, 200)}” is no name that a file can have.")


def _spellings(root: Path, folder: str, name: str) -> Iterator[Path]:
    """The path as it is given, else the only one that differs in case or in how letters are composed."""
    path = root / folder / name
    if os.path.lexists(path):
        yield path
        return
    found = root
    for part in (*PurePosixPath(folder).parts, *PurePosixPath(name.replace("\\", "/")).parts):
        if os.path.lexists(found / part):
            found /= part
            continue
        alike = [each for each in _listing(found) if _folded(each) == _folded(part)]
        if len(alike) != 1:
            return
        found /= alike[0]
    yield found


def _listing(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in islice(entries, MOST_LISTED)]
    except OSError:  # no folder, or not ours to list
        return []


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _inside(root: Path, path: Path) -> Path | None:
    """The file that the path leads to; None if a link leads nowhere."""
    top, real = (Path(os.path.realpath(each)) for each in (root, path))
    if not real.is_relative_to(top):
        raise NotShown(f"{plain(str(path))} is a link that leads out of the data set's folder; it is not followed.")
    return real if os.path.lexists(real) else None
