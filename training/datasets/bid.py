"""BID: 586 photographs with realistic blur.

Source: Ciancio et al., "No-reference blur assessment of digital pictures based on multifeature classifiers", IEEE TIP
2011.
"""

from __future__ import annotations

from pathlib import Path

from training.datasets.base import SHRUNK, Dataset, Item
from training.datasets.labels.folders import ImageFolders
from training.datasets.labels.rows import Row
from training.datasets.labels.sheet import read_sheet_by_place
from training.datasets.splits import split_anew

LABELS = "DatabaseGrades.xlsx"
NUMBER, GRADE = "image number", "grade"
"""The first two columns; their headings differ between copies."""
IMAGE_FOLDERS = (".", "ImageDatabase")


def open_bid(folder: Path) -> Dataset:
    """Grades from 0 to 5; no official split.

    Raises:
        BadData: no label file, or a label is no number.
    """
    images = ImageFolders(folder, IMAGE_FOLDERS)
    items = [_item(row, images) for row in read_sheet_by_place(folder / LABELS, (NUMBER, GRADE))]
    return Dataset("bid", tuple(split_anew(items)), mos_range=(0.0, 5.0), sizing=SHRUNK)


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
