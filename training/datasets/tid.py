"""The Tampere image databases, TID2008 and TID2013: both archives name and label their images in one way."""

from __future__ import annotations

import math
from pathlib import Path

from training.datasets.base import Dataset, Item
from training.datasets.labels.folders import ImageFolders, label_file
from training.datasets.labels.matfile import side_by_side
from training.datasets.labels.rows import read_words
from training.datasets.splits import split_anew

LABELS = "mos_with_names.txt"
SPREADS = "mos_std.txt"


def open_tid(name: str, folder: Path, source: str, *, observers: float) -> Dataset:
    """MOS from 0 to 9, split so that all distortions of one picture stay together.

    Labels and files spell names in different cases.

    `mos_std.txt` holds the standard errors of the MOS, not the spread of the opinions. An observer gives an image a
    whole number of points, 0 to 9, so opinions with the mean 5.51429 = 193/35 have an SD of at least 0.49; the file
    says 0.13013 (I01_01_1 of TID2013). An SD is the standard error times the root of the number of observers, which is
    published for the whole data set, not by image.

    Args:
        name: of the data set.
        folder: with both label files and the folder distorted_images.
        source: a sentence that says where to get a label file.
        observers: how many rated an image, on average.

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
            mos_sd=row.spread("mos_sd") * math.sqrt(observers),
            split="",
            group=row.text("name").partition("_")[0].casefold(),  # i01_05_3.bmp: picture, distortion, level
            where=row.where,
        )
        for row in rows
    ]
    return Dataset(name, tuple(split_anew(items)), mos_range=(0.0, 9.0))
