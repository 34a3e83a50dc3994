"""The Tampere image databases, TID2008 and TID2013: both archives name and label their images in one way."""

from __future__ import annotations

from pathlib import Path

from training.datasets.base import Dataset, Item
from training.datasets.labels.folders import ImageFolders, label_file
from training.datasets.labels.matfile import side_by_side
from training.datasets.labels.rows import read_words
from training.datasets.splits import split_anew

LABELS = "mos_with_names.txt"
SPREADS = "mos_std.txt"


def open_tid(name: str, folder: Path, source: str) -> Dataset:
    """MOS from 0 to 9, split so that all distortions of one picture stay together.

    Labels and files spell names in different cases.

    Args:
        name: of the data set.
        folder: with both label files and the folder distorted_images.
        source: a sentence that says where to get a label file.

    Raises:
        BadData: a label file is missing, lengths differ, or a label is no number.
    """
    labels, spreads = (label_file(folder, file, source) for file in (LABELS, SPREADS))
    images = ImageFolders(folder, ["distorted_images"])
    rows = side_by_side(read_words(labels, ("mos", "name")), read_words(spreads, ("mos_sd",)))
    items = [
        Item(
            name=row.text("name"),
            path=images.path(row.text("name")),
            mos=row.number("mos"),
            mos_sd=row.spread("mos_sd"),
            split="",
            group=row.text("name").partition("_")[0].casefold(),  # i01_05_3.bmp: picture, distortion, level
            where=row.where,
        )
        for row in rows
    ]
    return Dataset(name, tuple(split_anew(items)), mos_range=(0.0, 9.0))
