"""FLIVE, the pictures of PaQ-2-PiQ: 39,810 photographs. The patches cut from them are left out.

Source: Ying et al., "From patches to pictures (PaQ-2-PiQ): mapping the perceptual space of picture quality", CVPR 2020.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from training.datasets.base import SHRUNK, Dataset, Item
from training.datasets.labels.folders import label_file
from training.datasets.labels.rows import Row, read_rows
from training.errors import BadData

LABELS = "labels_image.csv"
TEST = "labels640.csv"
"""Lists the test images: those with a side above 640 pixels."""
TRAINING = "labels=640_padded.csv"
"""Lists the others; `is_valid` says which of them are for validation."""
SOURCE = (
    "It lies in github.com/baidut/PaQ-2-PiQ, folder database, which is the data set's folder once the notebook "
    "database_prep.ipynb of that repository has put the images into it."
)
TRUTH = {"true": True, "false": False}


def open_flive(folder: Path) -> Dataset:
    """MOS from 0 to 100 and the official split; the spread of the opinions is not published.

    An image that both lists name is a test image, one that neither names a training image.

    Raises:
        BadData: a label file or column is missing, a label is no number, or `is_valid` is neither True nor False.
    """
    labels, test, training = (label_file(folder, name, SOURCE) for name in (LABELS, TEST, TRAINING))
    for_test = {row.text("name_image") for row in read_rows(test, ("name_image",))}
    for_validation = set(_for_validation(training))
    items = [
        Item(
            name=name,
            path=folder / name,
            mos=row.number("mos"),
            mos_sd=None,
            split="test" if name in for_test else "val" if name in for_validation else "train",
            group=name,
            where=row.where,
        )
        for row in read_rows(labels, ("name", "mos"))
        for name in [row.text("name")]  # voc_emotic_ava/AVA__149.jpg: folder and file
    ]
    return Dataset("flive", tuple(items), mos_range=(0.0, 100.0), sizing=SHRUNK, has_official_split=True)


def _for_validation(path: Path) -> Iterator[str]:
    for row in read_rows(path, ("name_image", "is_valid")):
        if _truth(row, "is_valid"):
            yield row.text("name_image")


def _truth(row: Row, column: str) -> bool:
    value = row.text(column)
    if value.casefold() not in TRUTH:
        raise BadData(f"{row.where}: column {column} holds {value!r}; it must be True or False")
    return TRUTH[value.casefold()]
