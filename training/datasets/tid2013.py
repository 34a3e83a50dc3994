"""TID2013: 25 pictures, each distorted in 24 ways at five levels.

Source: Ponomarenko et al., "Image database TID2013: peculiarities, results and perspectives", Signal Processing: Image
Communication 2015.
"""

from __future__ import annotations

from pathlib import Path

from training.datasets.base import Dataset, Item
from training.datasets.labels.folders import ImageFolders, label_file
from training.datasets.labels.matfile import side_by_side
from training.datasets.labels.rows import read_words
from training.datasets.splits import split_anew

LABELS = "mos_with_names.txt"
SPREADS = "mos_std.txt"
SOURCE = "It lies in TID2013's archive, beside the folder distorted_images."


def open_tid2013(folder: Path) -> Dataset:
    """MOS from 0 to 9, split so that all distortions of one picture stay together.

    Labels and files spell names in different cases.

    Raises:
        BadData: a label file is missing, lengths differ, or a label is no number.
    """
    labels, spreads = (label_file(folder, name, SOURCE) for name in (LABELS, SPREADS))
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
    return Dataset("tid2013", tuple(split_anew(items)), mos_range=(0.0, 9.0))
