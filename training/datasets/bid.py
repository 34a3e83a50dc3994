"""BID: 586 photographs with realistic blur.

Source: Ciancio et al., "No-reference blur assessment of digital pictures based on multifeature classifiers", IEEE TIP
2011.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from training.datasets.base import SHRUNK, Dataset, Item, Sizing
from training.datasets.labels.folders import ImageFolders, label_file
from training.datasets.labels.rows import Row
from training.datasets.labels.sheet import read_sheet_by_place
from training.datasets.splits import split_anew

LABELS = "DatabaseGrades.xlsx"
SOURCE = "It comes with the data set, beside the images: take it from there."
NUMBER, GRADE = "image number", "grade"
"""The first two columns; their headings differ between copies."""
IMAGE_FOLDERS = (".", "ImageDatabase")
PUBLISHED_SIZING = Sizing(exact=(512, 512))
"""As in the published code, which squeezes photographs into squares."""


def open_bid(folder: Path) -> Dataset:
    """Grades from 0 to 5; no official split.

    Raises:
        BadData: no label file, or a label is no number.
    """
    images = ImageFolders(folder, IMAGE_FOLDERS)
    labels = label_file(folder, LABELS, SOURCE)
    items = [_item(row, images) for row in read_sheet_by_place(labels, (NUMBER, GRADE))]
    return Dataset("bid", tuple(split_anew(items)), mos_range=(0.0, 5.0), sizing=SHRUNK)


def open_published_bid(folder: Path) -> Dataset:
    """BID at the image size of the published code.

    Raises:
        BadData: as `open_bid`.
    """
    return replace(open_bid(folder), sizing=PUBLISHED_SIZING)


def _item(row: Row, images: ImageFolders) -> Item:
    name = f"DatabaseImage{int(row.number(NUMBER)):04d}.JPG"
    return Item(
        name=name,
        path=images.path(name),
        mos=row.number(GRADE),
        mos_sd=None,
        split="",
        group=name,
        where=row.where,
    )
