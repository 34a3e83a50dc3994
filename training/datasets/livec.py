"""LIVE in the Wild Image Quality Challenge (LIVE-C, CLIVE): 1,162 photographs from mobile devices.

Source: Ghadiyaram and Bovik, "Massive online crowdsourced study of subjective and objective picture quality", IEEE
TIP 2016.
"""

from __future__ import annotations

from pathlib import Path

from training.datasets.base import Dataset, Item
from training.datasets.labels.folders import ImageFolders, label_file
from training.datasets.labels.matfile import read_mat, side_by_side
from training.datasets.splits import split_anew

NAMES, MOS, MOS_SD = "AllImages_release", "AllMOS_release", "AllStdDev_release"
"""Each is a file in `Data/` and the variable in it."""
SOURCE = "It comes with LIVE-C's archive (ChallengeDB_release), in the folder Data beside the images."
PRACTICE_IMAGES = 7
"""The first ones were shown to every participant beforehand; they do not belong to the data set."""


def open_livec(folder: Path) -> Dataset:
    """MOS from 0 to 100; no official split.

    Raises:
        BadData: a label file or variable is missing, lengths differ, or a label is no number.
    """
    files = {name: label_file(folder, f"Data/{name}.mat", SOURCE) for name in (NAMES, MOS, MOS_SD)}
    images = ImageFolders(folder, ["Images"])
    rows = side_by_side(*(read_mat(file, [name]) for name, file in files.items()))
    items = [
        Item(
            name=row.text(NAMES),
            path=images.path(row.text(NAMES)),
            mos=row.number(MOS),
            mos_sd=row.spread(MOS_SD),
            split="",
            group=row.text(NAMES),
            where=row.where,
        )
        for row in rows[PRACTICE_IMAGES:]
    ]
    return Dataset("livec", tuple(split_anew(items)), mos_range=(0.0, 100.0))
